# METADATA
# title: Nothing from the network is run unseen
# description: |
#   curl piped into a shell or into Python runs whatever the server sends today, with the rights
#   of the step.
# related_resources:
#   - ref: https://slsa.dev/spec/v1.0/threats-overview
# custom:
#   id: supply-chain/piped-installer
#   severity: warning
#   remedy: "put the tool into the image, or download it, compare its checksum, and run it"
package tenon.rules.supply_chain.piped_installer

deny contains {"msg": msg, "path": script.path, "line": pipe.line} if {
	some script in input.tenon.scripts
	some pipe in script.facts.pipes
	some i, first in pipe.commands
	first in {"curl", "wget"}
	some j, last in pipe.commands
	j > i
	last in pipe.runs
	msg := sprintf("what %s fetches is run by %s without a look", [first, last])
}

deny contains {"msg": msg, "path": script.path, "line": command.line} if {
	some script in input.tenon.scripts
	some command in script.facts.commands
	command.name in {"kubectl", "oc"}
	some word in command.args
	regex.match(`^https?://.*(latest|/main/|/master/|/HEAD/)`, word)
	msg := sprintf("%s applies whatever %s says today", [command.name, word])
}
