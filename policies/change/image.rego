# METADATA
# title: An image runs that did not run before
# description: |
#   A reviewer should know what code runs after the merge, not only which line changed.
# related_resources:
#   - ref: https://slsa.dev/spec/v1.0/threats
# custom:
#   id: change/image
#   severity: info
#   input: change
#   remedy: "read what is new in the image, and see that it is signed: --verify-images asks the registry"
package tenon.rules.change.image

deny contains {"msg": msg, "item": image} if {
	some image in input.change.images
	image.op == "changed"
	msg := sprintf("%s takes the place of %s", [image.image, image.before])
}

deny contains {"msg": msg, "item": image} if {
	some image in input.change.images
	image.op == "added"
	msg := sprintf("%s is new here", [image.image])
}
