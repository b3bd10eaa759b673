# METADATA
# title: A task from elsewhere is named by revision
# description: |
#   A git resolver that follows a branch, or a bundle without a digest, runs what was pushed
#   there last, with the Secrets of the run.
# related_resources:
#   - ref: https://tekton.dev/docs/pipelines/git-resolver/
# custom:
#   id: supply-chain/floating-resolver
#   severity: warning
#   remedy: "name a commit, a version tag, or a digest"
package tenon.rules.supply_chain.floating_resolver

deny contains {"msg": msg, "path": array.concat(path, ["params", i, "value"])} if {
	startswith(input.apiVersion, "tekton.dev/")
	walk(input.spec, [below, ref])
	is_object(ref)
	some i, param in ref.params
	floating(ref.resolver, param)
	path := array.concat(["spec"], below)
	msg := sprintf("resolver %s follows %s", [ref.resolver, param.value])
}

floating("git", param) if {
	param.name == "revision"
	not contains(param.value, "$(")
	not regex.match(`^[0-9a-f]{7,40}$|^(refs/tags/)?v?[0-9]+(\.[0-9]+)+`, param.value)
}

floating("bundles", param) if {
	param.name == "bundle"
	not contains(param.value, "@sha256:")
	not contains(param.value, "$(")
}
