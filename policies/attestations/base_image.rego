# METADATA
# title: Images are built on the bases that the platform names
# description: |
#   What is in the base image is in the image. Provenance lists the images that the build started
#   from; supplyChain.bases holds the starts of those that may be.
# related_resources:
#   - ref: https://slsa.dev/spec/v1.0/provenance
# custom:
#   id: attestations/base-image
#   severity: error
#   remedy: "build the image on a base that supplyChain.bases names, or add it there"
package tenon.rules.attestations.base_image

import data.tenon.attested

deny contains {"msg": msg, "path": ["image"], "text": uri} if {
	count(input.image.expected.bases) > 0
	some uri in attested.bases
	not attested.starts(uri, input.image.expected.bases)
	msg := sprintf("image %s is built on %s", [input.image.reference, uri])
}
