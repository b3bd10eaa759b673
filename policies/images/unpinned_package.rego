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
	some part in regex.split(`&&|\|\||;|\n|\(|\)`, run)
	words := command(regex.split(`\s+`, trim_space(regex.replace(part, `(^|\s)#.*$`, ""))))
	some name in installed(words)
	msg := sprintf("%s is installed without a version", [name])
}

# command leaves out what stands in front of it: assignments, sudo and words of the shell.
command(words) := array.slice(words, first, count(words)) if {
	first := min([i |
		some i, word in words
		not regex.match(`^([A-Z_]+=.*|sudo|then|else|do|if|!|exec|env)$`, word)
	])
}

# installed lists what a command installs without saying which version.
installed(words) := {word |
	some i, word in words
	i > position(words, "install")
	not startswith(word, "-")
	not contains(word, "=")
	not words[i - 1] in {"-t", "--target-release", "-o"}
} if {
	words[0] in {"apt-get", "apt"}
}

installed(words) := {word |
	some i, word in words
	i > position(words, "install")
	not startswith(word, "-")
	not regex.match(`==|@|\.whl$|/|\*|^\.|\$`, word)
	not valued(words[i - 1])
} if {
	regex.match(`^(.*/)?(pip[0-9.]*|python[0-9.]*|uv)$`, words[0])
}

# valued are options whose value is the next word.
valued(option) if regex.match(`^(-r|-c|-i|-f|-t|-e)$`, option)

valued(option) if {
	regex.match(`^--(requirement|constraint|editable|index-url|extra-index-url|find-links|target|platform|python-version|abi|implementation|prefix|root|root-user-action|only-binary|no-binary|cache-dir|timeout|retries|progress-bar|upgrade-strategy|trusted-host|proxy|cert|log|python|index|default-index)$`, option)
}

position(words, wanted) := min([i | some i, word in words; word == wanted])
