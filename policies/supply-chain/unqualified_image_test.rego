package tenon.rules.supply_chain.unqualified_image_test

import data.tenon.rules.supply_chain.unqualified_image

object_under_test := data.rendered.Task["env-preparation"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/spec/steps/0/image", "value": "report-generator@sha256:1111111111111111111111111111111111111111111111111111111111111111"}])
	found := unqualified_image.deny with input as bad
	{f.path | some f in found} == {["spec", "steps", 0, "image"]}
}

test_silent_as_rendered if {
	count(unqualified_image.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_a_user_of_docker_hub if {
	object := json.patch(data.rendered.Task["env-preparation"], [{"op": "replace", "path": "/spec/steps", "value": [{"image": "nvidia/cuda:12"}]}])
	found := unqualified_image.deny with input as object
	count(found) == 1
}
