package tenon.rules.triggers.unsigned_events_test

import data.tenon.rules.triggers.unsigned_events

listener := data.rendered.EventListener["scientific-computing-ci"]

test_fires_with_cel_only if {
	bad := json.patch(listener, [{"op": "remove", "path": "/spec/triggers/0/interceptors/0"}])
	found := unsigned_events.deny with input as bad
	{f.path | some f in found} == {["spec", "triggers", 0]}
}

test_fires_without_a_secret if {
	bad := json.patch(listener, [{"op": "remove", "path": "/spec/triggers/0/interceptors/0/params/0"}])
	found := unsigned_events.deny with input as bad
	count(found) == 1
}

test_fires_on_a_trigger_of_its_own if {
	found := unsigned_events.deny with input as {"kind": "Trigger", "metadata": {"name": "t"}, "spec": {"interceptors": []}}
	{f.path | some f in found} == {["spec"]}
}

test_silent_as_rendered if {
	count(unsigned_events.deny) == 0 with input as listener
}

# Further forms.

test_silent_on_an_interceptor_of_ones_own if {
	object := json.patch(data.rendered.EventListener["scientific-computing-ci"], [{"op": "replace", "path": "/spec/triggers", "value": [{"name": "x", "interceptors": [{"ref": {"name": "own"}}]}]}])
	found := unsigned_events.deny with input as object
	count(found) == 0
}

test_silent_on_a_webhook if {
	object := json.patch(data.rendered.EventListener["scientific-computing-ci"], [{"op": "replace", "path": "/spec/triggers", "value": [{"name": "x", "interceptors": [{"webhook": {"objectRef": {"name": "x"}}}]}]}])
	found := unsigned_events.deny with input as object
	count(found) == 0
}

test_silent_on_a_compared_secret if {
	object := json.patch(data.rendered.EventListener["scientific-computing-ci"], [{"op": "replace", "path": "/spec/triggers", "value": [{"name": "x", "interceptors": [{"ref": {"name": "cel"}, "params": [{"name": "filter", "value": "header.canonical('X').compareSecret('a','b')"}]}]}]}])
	found := unsigned_events.deny with input as object
	count(found) == 0
}

with_filter(filter) := json.patch(data.rendered.EventListener["scientific-computing-ci"], [{"op": "replace", "path": "/spec/triggers", "value": [{"name": "x", "interceptors": [{"ref": {"name": "cel"}, "params": [{"name": "filter", "value": filter}]}]}]}])

test_fires_on_a_comparison_that_does_not_decide if {
	every filter in [
		"true || 'compareSecret' == ''",
		"body.ref == 'compareSecret(a)'",
		"true || header.canonical('X').compareSecret('a','b')",
		"(true || header.canonical('X').compareSecret('a','b'))",
		"!header.canonical('X').compareSecret('a','b')",
		"body.x ? true : header.canonical('X').compareSecret('a','b')",
		"body.ref != '' // && header.canonical('X').compareSecret('a','b')",
		"[true, false && header.canonical('X').compareSecret('a','b') && false][0]",
		"{'a': true, 'b': false && header.canonical('X').compareSecret('a','b') && true}.a",
	] {
		found := unsigned_events.deny with input as with_filter(filter)
		count(found) == 1
	}
}

test_silent_on_a_comparison_among_conditions if {
	every filter in [
		"body.ref == 'refs/heads/main' && header.canonical('X-Token').compareSecret('key', 'name', 'ns')",
		"(body.a == 'x' || body.b == 'y') && header['X'].compareSecret('a','b') == true",
	] {
		found := unsigned_events.deny with input as with_filter(filter)
		count(found) == 0
	}
}
