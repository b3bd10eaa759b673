# METADATA
# title: Calls of kubectl, tkn and buildctl do what they say
# description: |
#   tkn asks before it deletes unless -f is given, and a job has nobody to answer; --keep counts
#   runs, --keep-since minutes. The API server selects objects by the fields of their kind only:
#   claims have no status.phase. buildctl knows no way to switch provenance off: any value of attest:provenance switches it
#   on, and makes the image an index; buildx is who knows disabled=true.
# related_resources:
#   - ref: https://github.com/tektoncd/cli/blob/main/docs/cmd/tkn_pipelinerun_delete.md
#   - ref: https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
#   - ref: https://docs.docker.com/build/metadata/attestations/slsa-provenance/
# custom:
#   id: operations/client-flags
#   severity: error
#   remedy: "tkn pipelinerun delete --keep-since 10080 -f; select claims by labels"
package tenon.rules.operations.client_flags

deny contains {"msg": msg, "path": script.path, "line": command.line} if {
	some script in input.tenon.scripts
	some command in script.facts.commands
	some msg in wrong(command)
}

wrong(command) := ({"tkn delete asks for confirmation, which nobody gives: it lacks -f" |
	command.name == "tkn"
	"delete" in command.args
	not has_flag(command.args, {"-f", "--force"})
} | {msg |
	command.name == "kubectl"
	some selector in selectors(command.args)
	some part in split(selector, ",")
	field := split(split(part, "=")[0], "!")[0]
	some word in command.args
	kind := kinds[word]
	not field in ({"metadata.name", "metadata.namespace"} | fields[kind])
	msg := sprintf("the API server selects no %s by %s", [kind, field])
}) | {"buildctl makes provenance for every value of attest:provenance: leave the option out" |
	startswith(command.name, "buildctl")
	some word in command.args
	regex.match(`^(--opt=)?attest:provenance=.*(disabled|false)`, word)
}

has_flag(args, flags) if {
	some word in args
	split(word, "=")[0] in flags
}

selectors(args) := {text |
	some word in args
	startswith(word, "--field-selector=")
	text := trim_prefix(word, "--field-selector=")
} | {text |
	some i, word in args
	word == "--field-selector"
	text := args[i + 1]
}

kinds := {
	"pvc": "claims", "persistentvolumeclaim": "claims", "persistentvolumeclaims": "claims",
	"pv": "volumes", "persistentvolume": "volumes", "persistentvolumes": "volumes",
	"cm": "config maps", "configmap": "config maps", "configmaps": "config maps",
	"deploy": "deployments", "deployment": "deployments", "deployments": "deployments",
	"svc": "services", "service": "services", "services": "services",
	"pod": "pods", "pods": "pods", "po": "pods", "job": "jobs", "jobs": "jobs", "secret": "secrets", "secrets": "secrets",
	"pipelinerun": "pipeline runs", "pipelineruns": "pipeline runs", "taskrun": "task runs", "taskruns": "task runs",
}

# fields that kinds can be selected by, beside their name and namespace
# (k8s.io/kubernetes, pkg/apis/core/v1/conversion.go).
fields := {
	"pods": {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName"},
	"jobs": {"status.successful"}, "secrets": {"type"}, "services": {"spec.clusterIP", "spec.type"},
	"claims": set(), "volumes": set(), "config maps": set(), "deployments": set(), "pipeline runs": set(), "task runs": set(),
}
