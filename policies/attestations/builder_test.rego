package tenon.rules.attestations.builder_test

import data.tenon.rules.attestations.builder

image := {"kind": "Image", "image": {
	"reference": "registry.example.com/gpu/executor@sha256:1",
	"expected": {"builders": ["https://github.com/actions/runner/github-hosted"], "sources": ["git+https://github.com/example/"], "bases": ["pkg:docker/nvcr.io/nvidia/"], "deniedLicences": [], "deniedPackages": []},
	"attestations": [{"predicateType": "https://slsa.dev/provenance/v1", "predicate": {
		"buildDefinition": {"resolvedDependencies": [{"uri": "git+https://github.com/example/images@refs/heads/main"}, {"uri": "pkg:docker/nvcr.io/nvidia/rapidsai@25.04"}]},
		"runDetails": {"builder": {"id": "https://github.com/actions/runner/github-hosted"}},
	}}],
}}

older := {"kind": "Image", "image": {
	"reference": "registry.example.com/gpu/executor@sha256:1",
	"expected": image.image.expected,
	"attestations": [{"predicateType": "https://slsa.dev/provenance/v0.2", "predicate": {
		"builder": {"id": "https://example.com/laptop"},
		"materials": [{"uri": "git+https://github.com/stranger/images@refs/heads/main"}, {"uri": "pkg:docker/stranger/base@1"}],
	}}],
}}

with_builder(id) := json.patch(image, [{"op": "replace", "path": "/image/attestations/0/predicate/runDetails/builder/id", "value": id}])

with_dependency(i, uri) := json.patch(image, [{"op": "replace", "path": sprintf("/image/attestations/0/predicate/buildDefinition/resolvedDependencies/%d/uri", [i]), "value": uri}])

expecting(field) := json.patch(image, [{"op": "replace", "path": sprintf("/image/expected/%s", [field]), "value": []}])

test_fires_on_another_builder if {
	found := builder.deny with input as with_builder("https://example.com/laptop")
	{f.text | some f in found} == {"https://example.com/laptop"}
}

test_fires_on_the_older_format if {
	found := builder.deny with input as older
	{f.text | some f in found} == {"https://example.com/laptop"}
}

test_fires_without_provenance if {
	found := builder.deny with input as json.patch(image, [{"op": "replace", "path": "/image/attestations", "value": []}])
	count(found) == 1
}

test_silent_on_the_right_builder if count(builder.deny) == 0 with input as image

test_silent_where_none_is_named if count(builder.deny) == 0 with input as json.patch(expecting("builders"), [{"op": "replace", "path": "/image/attestations", "value": []}])
