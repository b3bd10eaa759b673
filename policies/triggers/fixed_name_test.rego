package tenon.rules.triggers.fixed_name_test

import data.tenon.rules.triggers.fixed_name

template(metadata) := {"apiVersion": "triggers.tekton.dev/v1beta1", "kind": "TriggerTemplate", "metadata": {"name": "a"}, "spec": {"resourcetemplates": [{"apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": metadata}]}}

test_fires if {
	found := fixed_name.deny with input as template({"name": "build"})
	{f.path | some f in found} == {["spec", "resourcetemplates", 0, "metadata", "name"]}
}

test_silent if {
	every metadata in [{"generateName": "build-"}, {"name": "build-$(uid)"}, {"name": "build-$(tt.params.sha)"}] {
		count(fixed_name.deny) == 0 with input as template(metadata)
	}
}
