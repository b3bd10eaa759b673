package tenon.rules.images.visible_devices_test

import data.tenon.rules.images.visible_devices

files := data.rendered.ConfigMap.dockerfiles

broken := json.patch(files, [{"op": "add", "path": "/tenon/dockerfiles/0/facts/stages/0/env/NVIDIA_VISIBLE_DEVICES", "value": "all"}])

test_fires if {
	found := visible_devices.deny with input as broken
	{f.text | some f in found} == {"NVIDIA_VISIBLE_DEVICES"}
}

test_silent_as_rendered if {
	count(files.tenon.dockerfiles) > 2
	count(visible_devices.deny) == 0 with input as files
}
