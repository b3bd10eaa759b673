# METADATA
# title: Results that Tekton Chains signs come in pairs
# description: |
#   Chains signs an image, and attests how it was built, where a task has both its address and its digest: IMAGE_URL with IMAGE_DIGEST, or
#   ARTIFACT_URI with ARTIFACT_DIGEST, both with one prefix. One of them alone is passed over without a word.
# related_resources:
#   - ref: https://tekton.dev/docs/chains/slsa-provenance/#type-hinting
# custom:
#   id: supply-chain/chains-results
#   severity: warning
#   remedy: "add the other result, and write it in the same step"
package tenon.rules.supply_chain.chains_results

import data.tenon.lib

pairs := {"IMAGE_URL": "IMAGE_DIGEST", "IMAGE_DIGEST": "IMAGE_URL", "ARTIFACT_URI": "ARTIFACT_DIGEST", "ARTIFACT_DIGEST": "ARTIFACT_URI"}

deny contains {"msg": msg, "path": array.concat(task.path, ["results", i, "name"])} if {
	some task in (lib.task_specs | lib.pipelines)
	some i, result in task.spec.results
	some one, other in pairs
	endswith(result.name, one)
	wanted := concat("", [trim_suffix(result.name, one), other])
	count([r | some r in task.spec.results; r.name == wanted]) == 0
	msg := sprintf("%s without %s: Tekton Chains signs and attests nothing for it", [result.name, wanted])
}

# An artifact of one result is an object with both (https://tekton.dev/docs/chains/slsa-provenance/#type-hinting).
deny contains {"msg": msg, "path": array.concat(task.path, ["results", i, "name"])} if {
	some task in (lib.task_specs | lib.pipelines)
	some i, result in task.spec.results
	some one in ["ARTIFACT_OUTPUTS", "ARTIFACT_INPUTS"]
	endswith(result.name, one)
	not is_artifact(result)
	msg := sprintf("%s is no object with uri and digest: Tekton Chains passes it over", [result.name])
}

is_artifact(result) if {
	result.type == "object"
	{"uri", "digest"} - object.keys(result.properties) == set()
}

# A pipeline's result says of what kind it is by its value.
is_artifact(result) if result.value
