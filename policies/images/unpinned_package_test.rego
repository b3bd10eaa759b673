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

run(text) := json.patch(files, [{"op": "add", "path": "/tenon/dockerfiles/0/facts/stages/0/run/-", "value": text}])

test_fires_in_many_forms if {
	every text in {
		"/venv/bin/pip install torch", "uv pip install torch", "python3.12 -m pip install torch",
		"DEBIAN_FRONTEND=noninteractive apt-get install -y torch", "sudo apt-get install -y torch",
		"if true; then pip install torch; fi", "(pip3.11 install torch)",
	} {
		found := unpinned_package.deny with input as run(text)
		{f.text | some f in found} == {"torch"}
	}
}

test_silent_in_many_forms if {
	every text in {
		"pip install .", "pip install -r requirements.txt", "pip install --platform manylinux2014_x86_64 --target /x numpy==2.0.0",
		"pip install --root-user-action ignore numpy==2.0.0", "apt-get install -t bookworm-backports git=1:2.39",
		"pip install numpy==2.0.0 # and no torch", "pip install torch@https://example.com/torch.whl",
	} {
		count(unpinned_package.deny) == 0 with input as run(text)
	}
}
