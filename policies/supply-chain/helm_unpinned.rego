# METADATA
# title: Charts are installed by version
# description: |
#   Without --version helm takes the newest chart of the day: two runs install two things.
# related_resources:
#   - ref: https://helm.sh/docs/helm/helm_install/
# custom:
#   id: supply-chain/helm-unpinned
#   severity: warning
#   remedy: "name the version with --version, or deploy the chart from git"
package tenon.rules.supply_chain.helm_unpinned

deny contains {"msg": msg, "path": script.path, "line": command.line} if {
	some script in input.tenon.scripts
	some command in script.facts.commands
	command.name == "helm"
	command.args[0] in {"install", "upgrade"}
	not pinned(command.args)
	msg := sprintf("helm %s names no chart version", [command.args[0]])
}

pinned(args) if {
	some word in args
	startswith(word, "--version")
}

pinned(args) if {
	some word in args
	regex.match(`^(\./|/|\.$|\$|.*\.tgz$)`, word)
}
