# METADATA
# title: A task from elsewhere is named by revision
# description: |
#   A git resolver that follows a branch, a bundle without a digest, an address or the newest version of a hub runs what was
#   put there last, with the Secrets of the run. So does a task that Pipelines-as-Code fetches by an annotation.
# related_resources:
#   - ref: https://tekton.dev/docs/pipelines/git-resolver/
#   - ref: https://pipelinesascode.com/docs/guide/resolver/
# custom:
#   id: supply-chain/floating-resolver
#   severity: warning
#   remedy: "name a commit, a version tag, or a digest"
package tenon.rules.supply_chain.floating_resolver

deny contains {"msg": msg, "path": array.concat(path, ["params", i, "value"])} if {
	some [path, ref] in references
	some i, param in ref.params
	value := sprintf("%v", [param.value])
	not contains(value, "$(")
	floating(ref.resolver, param.name, value)
	msg := sprintf("resolver %s follows %s", [ref.resolver, value])
}

deny contains {"msg": msg, "path": array.concat(path, ["resolver"])} if {
	some [path, ref] in references
	ref.resolver == "git"
	names := {param.name | some param in ref.params}
	"pathInRepo" in names
	not "revision" in names
	msg := "resolver git follows the default branch: it is given no revision"
}

# Of a parameter it is known what a run is given where nobody states another value.
deny contains {"msg": msg, "path": array.concat(path, ["params", i, "value"])} if {
	some [path, ref] in references
	some i, param in ref.params
	name := regex.find_all_string_submatch_n(`^\$\((?:tt\.)?params\.([A-Za-z0-9_.-]+)\)$`, sprintf("%v", [param.value]), 1)[0][1]
	some value in given[name]
	not contains(value, "$(")
	floating(ref.resolver, param.name, value)
	msg := sprintf("resolver %s follows %s by the value of parameter %s", [ref.resolver, value, name])
}

# given are the values that parameters have, by name: of a run the ones that it states, by default, and of a matrix.
given[name] contains sprintf("%v", [param.value]) if {
	some param in input.spec.params
	name := param.name
	param.value
}

given[name] contains sprintf("%v", [param["default"]]) if {
	some spec in specs
	some param in spec.params
	name := param.name
	param["default"]
	stated := {p.name | some p in input.spec.params; p.value}
	not name in stated
}

given[name] contains sprintf("%v", [value]) if {
	some spec in specs
	some task in spec.tasks
	some param in task.matrix.params
	name := param.name
	some value in param.value
}

specs := [input.spec, object.get(input.spec, "pipelineSpec", {})]

references contains [array.concat(["spec"], below), ref] if {
	regex.match(`^(triggers\.)?tekton\.dev/`, input.apiVersion)
	walk(input.spec, [below, ref])
	is_object(ref)
	is_string(ref.resolver)
}

floating("git", "revision", value) if not fixed(value)

floating("bundles", "bundle", value) if not contains(value, "@sha256:")

floating("http", "url", value) if not pinned_address(value)

floating("hub", "version", value) if regex.match(`[<>=~^*|,]|\bx\b|^latest$`, value)

# A commit, or a tag that is a version: a branch may be called like one, but for what only versions have behind a dash.
fixed(value) if {
	regex.match(`^[0-9a-f]{7,64}$|^(refs/tags/)?[A-Za-z_-]*?[0-9]+(\.[0-9]+)+([-.](rc|alpha|beta|pre|preview|dev|m|post|hotfix|patch)?[-.]?[0-9]*|\+[0-9A-Za-z.-]+)?$`, value)
}

# An address is pinned where a part of it is a commit or a version.
pinned_address(address) if {
	some part in split(address, "/")
	regex.match(`^[0-9a-f]{40,64}$|^v?[0-9]+(\.[0-9]+)+$`, trim_suffix(trim_suffix(part, ".yaml"), ".yml"))
}

pinned_address(address) if regex.match(`(?i)[?&](ref|at|sha|commit)=([0-9a-f]{40}|v?[0-9]+(\.[0-9]+)+)`, address)

# Pipelines-as-Code takes any key that ends like this (pkg/matcher/annotation_tasks_install.go).
deny contains {"msg": msg, "path": ["metadata", "annotations", key]} if {
	input.kind in {"PipelineRun", "Pipeline"}
	some key, text in input.metadata.annotations
	regex.match(`pipelinesascode\.tekton\.dev/(task(-[0-9]+)?|pipeline)$`, key)
	is_string(text)
	some value in split(trim(text, "[] "), ",")
	fetched := trim_space(value)
	follows(fetched)
	msg := sprintf("Pipelines-as-Code fetches %s, whatever is there at that time", [fetched])
}

follows(value) if {
	contains(value, "://")
	not pinned_address(value)
}

# A name of a hub without a version is its newest.
follows(value) if {
	regex.match(`^[a-z0-9][a-z0-9-]*(:latest)?$`, value)
}
