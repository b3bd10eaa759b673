# METADATA
# title: No package that the platform denies is in an image
# description: |
#   A package that was withdrawn or taken over stays in images that are built already; the SBOM
#   tells which. supplyChain.deniedPackages names them, as name or name@version.
# related_resources:
#   - ref: https://cyclonedx.org/capabilities/sbom/
# custom:
#   id: attestations/denied-package
#   severity: error
#   remedy: "build the image again without the package"
package tenon.rules.attestations.denied_package

import data.tenon.attested

deny contains {"msg": msg, "path": ["image"], "text": found.name} if {
	some found in attested.packages
	some denied in input.image.expected.deniedPackages
	denied in {found.name, sprintf("%s@%s", [found.name, found.version])}
	msg := sprintf("image %s has package %s %s, which the platform denies", [input.image.reference, found.name, found.version])
}
