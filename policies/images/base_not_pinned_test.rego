package tenon.rules.images.base_not_pinned_test

import data.tenon.rules.images.base_not_pinned

files := data.rendered.ConfigMap.dockerfiles

broken := json.patch(files, [{"op": "replace", "path": "/tenon/dockerfiles/0/facts/stages/0/from", "value": "nvidia/cuda:11.8-devel-ubuntu22.04"}])

test_fires if {
	found := base_not_pinned.deny with input as broken
	{f.text | some f in found} == {"nvidia/cuda:11.8-devel-ubuntu22.04"}
}

test_silent_as_rendered if {
	count(files.tenon.dockerfiles) > 2
	count(base_not_pinned.deny) == 0 with input as files
}
