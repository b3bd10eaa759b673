# METADATA
# title: Files keep their owners
# description: |
#   chmod 777 lets every container that mounts the volume change what a later step runs. It
#   hides that the step runs as another user than the files have.
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
# custom:
#   id: storage/world-writable
#   severity: warning
#   remedy: "run the step as the user of the files, or set fsGroup where the driver applies it"
package tenon.rules.storage.world_writable

deny contains {"msg": msg, "path": script.path, "line": command.line} if {
	some script in input.tenon.scripts
	some command in script.facts.commands
	command.name == "chmod"
	some word in command.args
	regex.match(`^0?777$|^a\+rwx$|^ugo\+rwx$|^o\+.*w`, word)
	msg := "chmod makes files writable for everybody"
}

deny contains {"msg": msg, "path": script.path, "line": command.line} if {
	some script in input.tenon.scripts
	some command in script.facts.commands
	some i, word in command.args
	open_mode(command, i, word)
	msg := sprintf("%s makes files writable for everybody", [command.name])
}

open_mode(command, _, word) if {
	command.name == "umask"
	regex.match(`^0+$`, word)
}

open_mode(command, i, word) if {
	command.name in {"mkdir", "install"}
	command.args[i - 1] in {"-m", "--mode"}
	regex.match(`^0?777$`, word)
}
