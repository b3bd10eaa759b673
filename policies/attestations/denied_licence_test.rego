package tenon.rules.attestations.denied_licence_test

import data.tenon.rules.attestations.denied_licence

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

test_fires_on_spdx if {
	found := denied_licence.deny with input as spdx({"name": "ghostscript", "licenseDeclared": "AGPL-3.0-only"})
	{f.text | some f in found} == {"ghostscript"}
}

test_fires_on_cyclonedx if {
	found := denied_licence.deny with input as cyclonedx({"name": "ghostscript", "licenses": [{"expression": "(MIT AND AGPL-3.0-only)"}]})
	{f.text | some f in found} == {"ghostscript"}
}

test_silent_on_other_licences if count(denied_licence.deny) == 0 with input as image
