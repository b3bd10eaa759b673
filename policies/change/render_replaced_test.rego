package tenon.rules.change.render_replaced_test

import data.tenon.rules.change.render_replaced

test_fires if {
	trust := [{"what": "render", "op": "replaced", "name": "tenon.dev/schema"}, {"what": "render", "op": "copied", "name": "VERSION"}, {"what": "render", "op": "imported", "name": "e.com/x"}]
	{f.msg | some f in render_replaced.deny} == {
		"it no longer imports tenon.dev/schema",
		"it imports e.com/x, which the base did not: what that defines is not what tenon was released with",
		"the copy of schema and render is not the one of this tenon: VERSION differs",
	} with input as {"change": {"trust": trust}}
}

test_silent_about_changes if {
	trust := [{"what": "render", "op": "changed", "name": "cue/render/a.cue"}]
	count(render_replaced.deny) == 0 with input as {"change": {"trust": trust}}
}
