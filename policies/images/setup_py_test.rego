package tenon.rules.images.setup_py_test

import data.tenon.rules.images.setup_py

files := data.rendered.ConfigMap.dockerfiles

broken := json.patch(files, [{"op": "add", "path": "/tenon/dockerfiles/0/facts/stages/0/run/-", "value": "python setup.py bdist_wheel"}])

test_fires if {
	found := setup_py.deny with input as broken
	{f.text | some f in found} == {"setup.py"}
}

test_silent_as_rendered if {
	count(files.tenon.dockerfiles) > 2
	count(setup_py.deny) == 0 with input as files
}
