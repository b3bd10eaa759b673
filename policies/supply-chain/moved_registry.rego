# METADATA
# title: Images come from where they still are
# description: |
#   Tekton's images have left gcr.io/tekton-releases for ghcr.io: pulls end in 403.
# related_resources:
#   - ref: https://github.com/tektoncd/pipeline/releases
# custom:
#   id: supply-chain/moved-registry
#   severity: error
#   remedy: "take the image from ghcr.io/tektoncd, mirrored and pinned by digest"
package tenon.rules.supply_chain.moved_registry

import data.tenon.lib

deny contains {"msg": msg, "path": array.concat(c.path, ["image"])} if {
	some c in lib.containers
	some gone in ["gcr.io/tekton-releases/", "k8s.gcr.io/"]
	startswith(c.container.image, gone)
	msg := sprintf("%s is no longer served: the image cannot be pulled", [trim_suffix(gone, "/")])
}
