# METADATA
# title: Packages exist
# description: |
#   tensorflow-gpu was withdrawn, and CuPy for CUDA 11 is called cupy-cuda11x: pip finds neither, and the build stops.
# related_resources:
#   - ref: https://docs.cupy.dev/en/stable/install.html
# custom:
#   id: images/withdrawn-package
#   severity: error
#   remedy: "install tensorflow[and-cuda], or the wheel of the CUDA major version"
package tenon.rules.images.withdrawn_package

deny contains {"msg": msg, "path": d.path, "text": word} if {
	some d in input.tenon.dockerfiles
	some stage in d.facts.stages
	some run in stage.run
	regex.match(`\bpip3?\b`, run)
	some word in regex.split(`\s+`, run)
	regex.match(`^(tensorflow-gpu|cupy-cuda(11[89]|12[0-9]|13[0-9]))([=<>~!\[].*)?$`, word)
	msg := sprintf("there is no package %s any more, or there never was", [word])
}
