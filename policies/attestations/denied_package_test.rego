package tenon.rules.attestations.denied_package_test

import data.tenon.rules.attestations.denied_package

image := {"kind": "Image", "image": {
	"reference": "registry.example.com/gpu/executor@sha256:1",
	"expected": {"builders": [], "sources": [], "bases": [], "deniedLicences": ["AGPL-3.0-only"], "deniedPackages": ["left-pad", "requests@2.5.0"]},
	"attestations": [
		{"predicateType": "https://spdx.dev/Document", "predicate": {"packages": [
			{"name": "numpy", "versionInfo": "2.1.0", "licenseDeclared": "BSD-3-Clause", "licenseConcluded": "NOASSERTION"},
			{"name": "requests", "versionInfo": "2.32.0", "licenseConcluded": "Apache-2.0"},
		]}},
		{"predicateType": "https://cyclonedx.org/bom", "predicate": {"components": [
			{"name": "zlib", "version": "1.3", "licenses": [{"license": {"id": "Zlib"}}, {"expression": "MIT OR Zlib"}]},
		]}},
	],
}}

spdx(entry) := json.patch(image, [{"op": "add", "path": "/image/attestations/0/predicate/packages/-", "value": entry}])

cyclonedx(component) := json.patch(image, [{"op": "add", "path": "/image/attestations/1/predicate/components/-", "value": component}])

test_fires_on_a_name if {
	found := denied_package.deny with input as spdx({"name": "left-pad", "versionInfo": "1.3.0"})
	{f.text | some f in found} == {"left-pad"}
}

test_fires_on_a_version if {
	found := denied_package.deny with input as cyclonedx({"name": "requests", "version": "2.5.0"})
	{f.text | some f in found} == {"requests"}
}

test_fires_without_a_version if {
	found := denied_package.deny with input as cyclonedx({"name": "left-pad"})
	count(found) == 1
}

test_silent_on_other_packages if count(denied_package.deny) == 0 with input as image
