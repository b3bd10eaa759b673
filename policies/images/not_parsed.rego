# METADATA
# title: Dockerfiles parse
# description: |
#   BuildKit refuses what its parser does not read, when the image is next built.
# related_resources:
#   - ref: https://docs.docker.com/reference/dockerfile/
# custom:
#   id: images/not-parsed
#   severity: error
#   remedy: "mend the syntax"
package tenon.rules.images.not_parsed

deny contains {"msg": msg, "path": d.path} if {
	some d in input.tenon.dockerfiles
	d.facts.parseError
	msg := sprintf("the Dockerfile does not parse: %s", [d.facts.parseError])
}
