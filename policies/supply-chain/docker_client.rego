# METADATA
# title: Steps do not need a container engine
# description: |
#   There is no docker daemon on nodes with containerd, and no client in most images. Without set
#   -e the failure goes unnoticed, and nothing is pulled or built.
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/administer-cluster/migrating-from-dockershim/
# custom:
#   id: supply-chain/docker-client
#   severity: error
#   remedy: "pull by running the image itself; build with buildkit rootless, buildah or kaniko"
package tenon.rules.supply_chain.docker_client

deny contains {"msg": msg, "path": script.path, "line": command.line} if {
	some script in input.tenon.scripts
	some command in script.facts.commands
	command.name in {"docker", "docker-compose", "nvidia-docker"}
	msg := sprintf("line %d of the script calls %s, which needs an engine that is not there", [command.line, command.name])
}
