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

import data.tenon.lib

deny contains {"msg": msg, "path": script.path, "line": command.line} if {
	some script in input.tenon.scripts
	some command in script.facts.commands
	command.name in {"docker", "docker-compose", "nvidia-docker"}
	not without_engine(command.args)
	not engine_beside
	msg := sprintf("line %d of the script calls %s, which needs an engine that is not there", [command.line, command.name])
}

# Where no engine answers the client logs in by itself (docker/cli, cli/command/registry/login.go).
without_engine(args) if {
	words := [word | some word in args; not startswith(word, "-")]
	words[0] in {"login", "logout", "manifest", "context"}
}

without_engine(args) if args[0] in {"--version", "-v", "--help"}

# engine_beside tells whether the object brings an engine: a sidecar, or a socket or host of one.
engine_beside if {
	some c in lib.containers
	regex.match(`dind|docker:|podman|buildkit`, object.get(c.container, "image", ""))
	"sidecars" in c.path
}

engine_beside if {
	some c in lib.containers
	some variable in c.container.env
	variable.name == "DOCKER_HOST"
}

engine_beside if {
	some v in lib.volumes
	contains(object.get(v.volume, ["hostPath", "path"], ""), "docker.sock")
}
