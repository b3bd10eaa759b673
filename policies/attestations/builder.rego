# METADATA
# title: Images are built by whom the platform names
# description: |
#   A signature says who signed, and the provenance who built: a build on a laptop can be signed by
#   the right key. supplyChain.builders names the builders.
# related_resources:
#   - ref: https://slsa.dev/spec/v1.0/provenance
# custom:
#   id: attestations/builder
#   severity: error
#   remedy: "build the image where supplyChain.builders says, or add the builder there"
package tenon.rules.attestations.builder

import data.tenon.attested

deny contains {"msg": msg, "path": ["image"], "text": builder} if {
	count(input.image.expected.builders) > 0
	some builder in attested.builders
	not builder in input.image.expected.builders
	msg := sprintf("image %s was built by %s", [input.image.reference, builder])
}

deny contains {"msg": msg, "path": ["image"]} if {
	count(input.image.expected.builders) > 0
	count(attested.provenances) == 0
	msg := sprintf("no verified provenance says who built image %s", [input.image.reference])
}
