package tenon.rules.supply_chain.chains_results_test

import data.tenon.rules.supply_chain.chains_results

task(names) := {"apiVersion": "tekton.dev/v1", "kind": "Task", "metadata": {"name": "a"}, "spec": {"results": [{"name": name} | some name in names], "steps": []}}

fired(names) := found if found := {f.msg | some f in chains_results.deny} with input as task(names)

test_fires_on_an_address_alone if fired(["IMAGE_URL"]) == {"IMAGE_URL without IMAGE_DIGEST: Tekton Chains signs and attests nothing for it"}

test_fires_on_a_digest_alone if fired(["app-ARTIFACT_DIGEST", "other-ARTIFACT_URI"]) == {
	"app-ARTIFACT_DIGEST without app-ARTIFACT_URI: Tekton Chains signs and attests nothing for it",
	"other-ARTIFACT_URI without other-ARTIFACT_DIGEST: Tekton Chains signs and attests nothing for it",
}

test_silent_on_pairs if fired(["IMAGE_URL", "IMAGE_DIGEST", "x_IMAGE_DIGEST", "x_IMAGE_URL", "commit"]) == set()

test_of_a_pipeline if {
	found := chains_results.deny with input as {"kind": "Pipeline", "apiVersion": "tekton.dev/v1", "spec": {"results": [{"name": "IMAGE_URL", "value": "a"}]}}
	{f.path | some f in found} == {["spec", "results", 0, "name"]}
}

with_result(result) := {"apiVersion": "tekton.dev/v1", "kind": "Task", "metadata": {"name": "a"}, "spec": {"results": [result], "steps": []}}

test_of_an_artifact if {
	whole := {"name": "app-ARTIFACT_OUTPUTS", "type": "object", "properties": {"uri": {}, "digest": {}, "isBuildArtifact": {}}}
	count(chains_results.deny) == 0 with input as with_result(whole)
	every patch in [[{"op": "remove", "path": "/properties/digest"}], [{"op": "remove", "path": "/type"}]] {
		count(chains_results.deny) == 1 with input as with_result(json.patch(whole, patch))
	}
	count(chains_results.deny) == 0 with input as {"kind": "Pipeline", "apiVersion": "tekton.dev/v1", "spec": {"results": [{"name": "ARTIFACT_INPUTS", "value": "$(tasks.a.results.b)"}]}}
}
