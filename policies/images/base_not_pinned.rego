# METADATA
# title: Base images are pinned by digest
# description: |
#   A tag in FROM can be moved: the same Dockerfile then gives another image, and nobody sees it.
# related_resources:
#   - ref: https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
# custom:
#   id: images/base-not-pinned
#   severity: error
#   remedy: "write the image with its digest, as the lock has it"
package tenon.rules.images.base_not_pinned

deny contains {"msg": msg, "path": d.path, "text": stage.from} if {
	some d in input.tenon.dockerfiles
	some stage in d.facts.stages
	not stage.inner
	not contains(stage.from, "@sha256:")

	# An argument without a default is the builder's to give.
	not startswith(stage.from, "${")
	msg := sprintf("the Dockerfile builds on %s, which has no digest", [stage.from])
}
