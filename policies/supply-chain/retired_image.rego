# METADATA
# title: Images are of projects that are maintained
# description: |
#   The project has ended: nobody mends a hole that is found in the image from then on. Tiller has the rights of the cluster's
#   administrator and asks nobody for a password.
# related_resources:
#   - ref: https://helm.sh/blog/helm-v2-deprecation-timeline/
#   - ref: https://github.com/GoogleContainerTools/kaniko
#   - ref: https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/
#   - ref: https://kubernetes.io/docs/tasks/access-application-cluster/web-ui-dashboard/
# custom:
#   id: supply-chain/retired-image
#   severity: warning
#   remedy: "use what has taken its place"
package tenon.rules.supply_chain.retired_image

import data.tenon.lib

retired := [
	{"repository": `(^|/)tiller$`, "name": "Tiller", "since": "November 2020", "instead": "Helm 3, which needs nothing in the cluster"},
	{"repository": `(^|/)kaniko-project/(executor|warmer)$`, "name": "kaniko", "since": "June 2025", "instead": "buildah or buildkit, or a fork that is maintained"},
	{"repository": `(^|/)ingress-nginx/controller$`, "name": "Ingress NGINX", "since": "March 2026", "instead": "a controller of the Gateway API, or another one of Ingresses"},
	{"repository": `(^|/)(kubernetesui/dashboard(-(api|auth|web))?|kubernetes-dashboard-[a-z0-9]+)$`, "name": "Kubernetes Dashboard", "since": "January 2026", "instead": "Headlamp"},
]

deny contains {"msg": msg, "path": array.concat(c.path, ["image"])} if {
	some c in lib.containers
	repository := regex.replace(c.container.image, `(:[^/@]*)?(@.*)?$`, "")
	some project in retired
	regex.match(project.repository, repository)
	msg := sprintf("%s has ended in %s, and its image gets no security fixes: use %s", [project.name, project.since, project.instead])
}

deny contains {"msg": msg, "path": ["spec", "selector"]} if {
	input.kind == "Service"
	input.spec.selector.name == "tiller"
	msg := sprintf("Service %s leads to Tiller, which does for whoever reaches it what a cluster administrator may do", [input.metadata.name])
}
