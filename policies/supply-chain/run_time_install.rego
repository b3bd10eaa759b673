# METADATA
# title: Steps bring their tools in their image
# description: |
#   A package manager in a step needs the internet and usually root, gives other versions each
#   day, and fails when its index is down.
# related_resources:
#   - ref: https://docs.docker.com/build/building/best-practices/
# custom:
#   id: supply-chain/run-time-install
#   severity: warning
#   remedy: "build an image with the packages, locked by version, and name it by digest"
package tenon.rules.supply_chain.run_time_install

deny contains {"msg": msg, "path": script.path, "line": command.line} if {
	some script in input.tenon.scripts
	some command in script.facts.commands
	installs(command)
	not "--no-index" in command.args # from files that are there already
	msg := sprintf("%s installs packages while the step runs", [command.name])
}

installs(command) if {
	command.name in {"apt-get", "apt", "yum", "dnf", "microdnf", "apk", "conda", "mamba", "micromamba", "pip", "pip3", "npm", "gem", "uv"}
	some word in command.args
	word in {"install", "add", "i", "ci"}
}

installs(command) if {
	command.name in {"python", "python3"}
	array.slice(command.args, 0, 3) == ["-m", "pip", "install"]
}
