# METADATA
# title: A script is run by the shell that it is written for
# description: |
#   Without a first line of its own, or with #!/bin/sh, a script is run by sh: in many images
#   that is dash or busybox, which do not know arrays, [[ or process substitution.
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
	msg := sprintf("sh runs what only bash understands: %s", [script.facts.bash])
}
