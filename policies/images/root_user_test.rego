package tenon.rules.images.root_user_test

import data.tenon.rules.images.root_user

files := data.rendered.ConfigMap.dockerfiles

broken := json.patch(files, [{"op": "replace", "path": "/tenon/dockerfiles/2/facts/stages/0/user", "value": "root"}])

test_fires if {
	found := root_user.deny with input as broken
	{f.text | some f in found} == {"USER"}
}

test_silent_as_rendered if {
	count(files.tenon.dockerfiles) > 2
	count(root_user.deny) == 0 with input as files
}

# Further forms.

test_silent_on_an_image_that_says_nonroot if {
	object := json.patch(data.rendered.ConfigMap.dockerfiles, [{"op": "replace", "path": "/tenon/dockerfiles", "value": [{"path": ["data", "a"], "facts": {"stages": [{"name": "", "from": "gcr.io/distroless/base:nonroot", "user": "", "last": true}]}}]}])
	found := root_user.deny with input as object
	count(found) == 0
}
