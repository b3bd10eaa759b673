# METADATA
# title: An Application has a project of its own
# description: |
#   Argo CD's project "default" allows every repository, every cluster and namespace, and every kind
#   of object: whoever may write the Application deploys anything anywhere.
# related_resources:
#   - ref: https://argo-cd.readthedocs.io/en/stable/user-guide/projects/#the-default-project
# custom:
#   id: rollout/default-project
#   severity: info
#   remedy: "name an AppProject that lists sourceRepos, destinations and clusterResourceWhitelist"
package tenon.rules.rollout.default_project

deny contains {"msg": msg, "path": array.concat(path, ["project"])} if {
	some path, spec in specs
	spec.project == "default"
	msg := sprintf("%s %s is of the project default, which allows every source and destination", [input.kind, input.metadata.name])
}

specs[["spec"]] := input.spec if {
	input.kind == "Application"
	startswith(input.apiVersion, "argoproj.io/")
}

specs[["spec", "template", "spec"]] := input.spec.template.spec if {
	input.kind == "ApplicationSet"
	startswith(input.apiVersion, "argoproj.io/")
}
