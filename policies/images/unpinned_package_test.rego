package tenon.rules.images.unpinned_package_test

import data.tenon.rules.images.unpinned_package

files := data.rendered.ConfigMap.dockerfiles

broken := json.patch(files, [{"op": "add", "path": "/tenon/dockerfiles/0/facts/stages/0/run/-", "value": "python3 -m pip install --no-cache-dir numpy==2.0.0 torch"}])

test_fires if {
	found := unpinned_package.deny with input as broken
	{f.text | some f in found} == {"torch"}
}

test_silent_as_rendered if {
	count(files.tenon.dockerfiles) > 2
	count(unpinned_package.deny) == 0 with input as files
}
