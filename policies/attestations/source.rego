# METADATA
# title: Images are built from the sources that the platform names
# description: |
#   Provenance names the repository and commit that an image was built from. A fork has the same
#   workflow and another source. supplyChain.sources holds the starts of the URIs that may be.
# related_resources:
#   - ref: https://slsa.dev/spec/v1.0/provenance
# custom:
#   id: attestations/source
#   severity: error
#   remedy: "build the image from a source that supplyChain.sources names, or add it there"
package tenon.rules.attestations.source

import data.tenon.attested

deny contains {"msg": msg, "path": ["image"], "text": uri} if {
	count(input.image.expected.sources) > 0
	some uri in attested.sources
	not attested.starts(uri, input.image.expected.sources)
	msg := sprintf("image %s was built from %s", [input.image.reference, uri])
}
