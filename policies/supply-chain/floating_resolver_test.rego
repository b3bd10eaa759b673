package tenon.rules.supply_chain.floating_resolver_test

import data.tenon.rules.supply_chain.floating_resolver

object_under_test := data.rendered.Pipeline["scientific-computing-ci"]

test_fires if {
	bad := json.patch(object_under_test, [{"op": "replace", "path": "/spec/tasks", "value": [{"name": "a", "taskRef": {"resolver": "git", "params": [{"name": "revision", "value": "main"}]}}]}])
	found := floating_resolver.deny with input as bad
	{f.path | some f in found} == {["spec", "tasks", 0, "taskRef", "params", 0, "value"]}
}

test_silent_as_rendered if {
	count(floating_resolver.deny) == 0 with input as object_under_test
}

# Further forms.

test_fires_on_a_bundle if {
	object := json.patch(data.rendered.Pipeline["scientific-computing-ci"], [{"op": "replace", "path": "/spec/tasks", "value": [{"name": "a", "taskRef": {"resolver": "bundles", "params": [{"name": "bundle", "value": "ghcr.io/a/b:latest"}]}}]}])
	found := floating_resolver.deny with input as object
	count(found) == 1
}

of(resolver, params) := messages if messages := {f.msg | some f in floating_resolver.deny} with input as {
	"apiVersion": "tekton.dev/v1", "kind": "TaskRun",
	"spec": {"taskRef": {"resolver": resolver, "params": [{"name": name, "value": value} | some name, value in params]}},
}

test_git if {
	of("git", {"revision": "1.2-main"}) == {"resolver git follows 1.2-main"}
	of("git", {"pathInRepo": "a.yaml"}) == {"resolver git follows the default branch: it is given no revision"}
	count(of("git", {"pathInRepo": "a.yaml", "revision": "v1.2-rc.1"})) == 0
	count(of("git", {"pathInRepo": "a.yaml", "revision": 1.1})) == 0
	count(of("git", {"pathInRepo": "a.yaml", "revision": "$(params.revision)"})) == 0
}

test_http if {
	of("http", {"url": "https://example.com/t.yaml"}) == {"resolver http follows https://example.com/t.yaml"}
	count(of("http", {"url": "https://example.com/v1.2/t.yaml"})) == 0
	count(of("http", {"url": "https://example.com/t.yaml?ref=v1.2"})) == 0
}

test_hub if {
	of("hub", {"version": ">= 0.0.1"}) == {"resolver hub follows >= 0.0.1"}
	count(of("hub", {"version": "0.1"})) == 0
}

fetched(text) := messages if messages := {f.msg | some f in floating_resolver.deny} with input as {
	"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
	"metadata": {"annotations": {"pipelinesascode.tekton.dev/task-1": text}}, "spec": {},
}

test_pipelines_as_code if {
	fetched("[git-clone, git-clone:0.4]") == {"Pipelines-as-Code fetches git-clone, whatever is there at that time"}
	fetched("https://example.com/t.yaml") == {"Pipelines-as-Code fetches https://example.com/t.yaml, whatever is there at that time"}
	count(fetched("tasks/a.yaml")) == 0
	count(fetched("https://raw.githubusercontent.com/a/b/0123456789012345678901234567890123456789/t.yaml")) == 0
}

by_parameter(object) := messages if messages := {f.msg | some f in floating_resolver.deny} with input as object

git_at(revision) := {"resolver": "git", "params": [{"name": "revision", "value": revision}]}

test_default_of_a_parameter if {
	tasks := [{"name": "t", "taskRef": git_at("$(params.rev)")}]
	fires := {"resolver git follows main by the value of parameter rev"}
	by_parameter({"apiVersion": "tekton.dev/v1", "kind": "Pipeline", "spec": {"params": [{"name": "rev", "default": "main"}], "tasks": tasks}}) == fires
	count(by_parameter({"apiVersion": "tekton.dev/v1", "kind": "Pipeline", "spec": {"params": [{"name": "rev", "default": "v1.0"}], "tasks": tasks}})) == 0
	count(by_parameter({"apiVersion": "tekton.dev/v1", "kind": "Pipeline", "spec": {"params": [{"name": "rev"}], "tasks": tasks}})) == 0
	count(by_parameter({"apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "spec": {"params": [{"name": "rev", "value": "v1.0"}], "pipelineSpec": {"params": [{"name": "rev", "default": "main"}], "tasks": tasks}}})) == 0
	by_parameter({"apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "spec": {"params": [{"name": "rev", "value": "main"}], "pipelineSpec": {"tasks": tasks}}}) == fires
	by_parameter({"apiVersion": "tekton.dev/v1", "kind": "Pipeline", "spec": {"tasks": [{"name": "t", "matrix": {"params": [{"name": "rev", "value": ["main", "v1.0"]}]}, "taskRef": git_at("$(params.rev)")}]}}) == fires
	by_parameter({"apiVersion": "triggers.tekton.dev/v1beta1", "kind": "TriggerTemplate", "spec": {"params": [{"name": "rev", "default": "main"}], "resourcetemplates": [{"spec": {"pipelineRef": git_at("$(tt.params.rev)")}}]}}) == fires
}
