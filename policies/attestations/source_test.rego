package tenon.rules.attestations.source_test

import data.tenon.rules.attestations.source

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

test_fires_on_another_source if {
	found := source.deny with input as with_dependency(0, "git+https://github.com/stranger/images@refs/heads/main")
	{f.text | some f in found} == {"git+https://github.com/stranger/images@refs/heads/main"}
}

test_fires_on_the_older_format if {
	found := source.deny with input as older
	count(found) == 1
}

test_silent_on_the_right_source if count(source.deny) == 0 with input as image

test_silent_where_none_is_named if count(source.deny) == 0 with input as expecting("sources")
