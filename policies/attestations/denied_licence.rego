# METADATA
# title: No package of an image has a licence that the platform denies
# description: |
#   The SBOM lists the licences of all packages. supplyChain.deniedLicences names, by SPDX
#   identifier, those that must not be shipped.
# related_resources:
#   - ref: https://spdx.org/licenses/
# custom:
#   id: attestations/denied-licence
#   severity: error
#   remedy: "replace the package, or correct its licence in the SBOM"
package tenon.rules.attestations.denied_licence

import data.tenon.attested

deny contains {"msg": msg, "path": ["image"], "text": found.name} if {
	some found in attested.packages
	some licence in found.licences
	some denied in input.image.expected.deniedLicences
	denied in split(replace(replace(licence, "(", ""), ")", ""), " ")
	msg := sprintf("image %s has package %s with licence %s", [input.image.reference, found.name, licence])
}
