package tenon.rules.images.not_parsed_test

import data.tenon.rules.images.not_parsed

files := data.rendered.ConfigMap.dockerfiles

broken := json.patch(files, [{"op": "add", "path": "/tenon/dockerfiles/0/facts/parseError", "value": "unknown instruction: FORM"}])

test_fires if {
	found := not_parsed.deny with input as broken
	count(found) == 1
}

test_silent_as_rendered if {
	count(files.tenon.dockerfiles) > 2
	count(not_parsed.deny) == 0 with input as files
}
