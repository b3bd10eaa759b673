# METADATA
# title: Packages are pinned
# description: |
#   A package without a version is whatever is newest on the day of the build.
# related_resources:
#   - ref: https://docs.docker.com/build/building/best-practices/#apt-get
# custom:
#   id: images/unpinned-package
#   severity: warning
#   remedy: "give each its version: name=version for apt, name==version or a requirements file with hashes for pip"
package tenon.rules.images.unpinned_package

deny contains {"msg": msg, "path": d.path, "text": name} if {
	some d in input.tenon.dockerfiles
	some stage in d.facts.stages
	some run in stage.run
	some part in regex.split(`&&|\|\||;|\n`, run)
	words := regex.split(`\s+`, trim_space(part))
	some name in installed(words)
	msg := sprintf("%s is installed without a version", [name])
}

# installed lists what a command installs without saying which version.
installed(words) := {word |
	some i, word in words
	i > position(words, "install")
	not startswith(word, "-")
	not contains(word, "=")
} if {
	words[0] in {"apt-get", "apt"}
}

installed(words) := {word |
	some i, word in words
	i > position(words, "install")
	not startswith(word, "-")
	not regex.match(`==|@|\.whl$|/|\*`, word)
	not words[i - 1] in {"-r", "--requirement", "-c", "--constraint", "--index-url", "-i", "--extra-index-url", "--find-links", "-f", "--target", "-t"}
} if regex.match(`^(pip3?|python3?)$`, words[0])

position(words, wanted) := min([i | some i, word in words; word == wanted])
