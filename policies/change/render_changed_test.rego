package tenon.rules.change.render_changed_test

import data.tenon.rules.change.render_changed

test_fires if {
	found := render_changed.deny with input as {"change": data.change}
	{f.msg | some f in found} == {"changed: cue/render/namespace.cue"}
}

test_silent_about_other_trust if {
	others := [t | some t in data.change.trust; t.what != "render"]
	count(others) > 0
	count(render_changed.deny) == 0 with input as {"change": {"trust": others}}
}
