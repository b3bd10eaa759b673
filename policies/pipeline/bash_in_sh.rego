# METADATA
# title: A script is run by the shell that it is written for
# description: |
#   Without a first line of its own, or with #!/bin/sh, a script is run by sh: in many images
#   that is dash or busybox, which do not know arrays, [[ or process substitution. In images of Fedora, of Red Hat and of
#   those that follow it, sh is bash, and nothing is said.
# related_resources:
#   - ref: https://tekton.dev/docs/pipelines/tasks/#running-scripts-within-steps
# custom:
#   id: pipeline/bash-in-sh
#   severity: warning
#   remedy: "start the script with #!/usr/bin/env bash, in an image that has it"
package tenon.rules.pipeline.bash_in_sh

deny contains {"msg": msg, "path": script.path} if {
	some script in input.tenon.scripts
	script.facts.bash
	not sh_is_bash(object.get(input, array.concat(script.container, ["image"]), ""))
	msg := sprintf("sh runs what only bash understands: %s", [script.facts.bash])
}

# In these images /bin/sh is a link to bash.
sh_is_bash(image) if regex.match(`(^|/)(ubi[0-9]*(-(minimal|micro|init))?|fedora(-minimal)?|centos|rockylinux|almalinux|amazonlinux|oraclelinux)(/|:|@|$)`, image)
