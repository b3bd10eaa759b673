# METADATA
# title: An image names its registry
# description: |
#   A name without a registry is looked up on Docker Hub, below library if it has no path:
#   another image than meant, or one that anybody may push.
# related_resources:
#   - ref: https://github.com/opencontainers/distribution-spec
# custom:
#   id: supply-chain/unqualified-image
#   severity: warning
#   remedy: "write registry/repository:tag@sha256:digest"
package tenon.rules.supply_chain.unqualified_image

import data.tenon.lib

deny contains {"msg": msg, "path": array.concat(c.path, ["image"])} if {
	some c in lib.containers
	image := c.container.image
	is_string(image)
	image != ""
	not contains(image, "$")
	host := split(split(image, "@")[0], "/")[0]
	unqualified(image, host)
	msg := sprintf("image %s has no registry: it is taken from Docker Hub", [image])
}

unqualified(image, _) if not contains(image, "/")

unqualified(image, host) if {
	contains(image, "/")
	not contains(host, ".")
	not contains(host, ":")
	host != "localhost"
}
