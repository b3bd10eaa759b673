package tenon.rules.images.withdrawn_package_test

import data.tenon.rules.images.withdrawn_package

files := data.rendered.ConfigMap.dockerfiles

broken := json.patch(files, [{"op": "add", "path": "/tenon/dockerfiles/0/facts/stages/0/run/-", "value": "pip install tensorflow-gpu"}])

test_fires if {
	found := withdrawn_package.deny with input as broken
	{f.text | some f in found} == {"tensorflow-gpu"}
}

test_silent_as_rendered if {
	count(files.tenon.dockerfiles) > 2
	count(withdrawn_package.deny) == 0 with input as files
}
