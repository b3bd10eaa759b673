# METADATA
# title: CI does not run in Tekton's own namespace
# description: |
#   What runs in the namespace of Tekton's controllers can change Tekton itself, and CI pods then
#   need its Pod Security level lowered.
# related_resources:
#   - ref: https://tekton.dev/docs/pipelines/install/
# custom:
#   id: operations/control-plane-namespace
#   severity: error
#   remedy: "give the pipelines a namespace of their own"
package tenon.rules.operations.control_plane_namespace

deny contains {"msg": msg, "path": ["metadata", "namespace"]} if {
	input.kind in {"Task", "Pipeline", "TaskRun", "PipelineRun", "EventListener", "TriggerTemplate", "TriggerBinding"}
	input.metadata.namespace in {"tekton-pipelines", "tekton-triggers", "tekton-pipelines-resolvers", "kube-system"}
	msg := sprintf("%s %s lives in %s, beside the controllers", [input.kind, object.get(input.metadata, "name", "?"), input.metadata.namespace])
}
