# METADATA
# title: What is deployed has a revision
# description: |
#   An Application that follows HEAD, or a chart without a version, deploys what was pushed
#   last: nobody decided it, and nobody can go back to it.
# related_resources:
#   - ref: https://argo-cd.readthedocs.io/en/stable/user-guide/tracking_strategies/
# custom:
#   id: rollout/floating-revision
#   severity: warning
#   remedy: "name a tag, a branch that is promoted, or an exact chart version"
package tenon.rules.rollout.floating_revision

deny contains {"msg": msg, "path": array.concat(path, ["targetRevision"])} if {
	input.kind in {"Application", "ApplicationSet"}
	walk(input.spec, [below, source])
	source.repoURL
	revision := object.get(source, "targetRevision", "HEAD")
	floating(source, revision)
	path := array.concat(["spec"], below)
	msg := sprintf("%s %s follows %s of %s", [input.kind, input.metadata.name, revision, source.repoURL])
}

floating(_, "HEAD")

floating(_, "")

floating(source, revision) if {
	source.chart
	regex.match(`[*x^~><]`, revision)
}
