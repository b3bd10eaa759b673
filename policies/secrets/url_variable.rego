# METADATA
# title: No token is put into a URL
# description: |
#   git writes the URL that it cloned into .git/config, so the token lies on the volume for every
#   later task; it also shows in logs and process lists.
# related_resources:
#   - ref: https://tekton.dev/docs/pipelines/auth/
# custom:
#   id: secrets/url-variable
#   severity: error
#   remedy: "use a git-credentials workspace or a credential helper"
package tenon.rules.secrets.url_variable

deny contains {"msg": msg, "path": script.path, "text": found} if {
	some script in input.tenon.scripts
	some found in regex.find_n(`https?://[^/\s"'@]*\$[({]?[A-Za-z_.]*(TOKEN|PASS|PASSWORD|SECRET|PAT|KEY)[A-Za-z_]*[)}]?@`, script.text, -1)
	msg := sprintf("the script puts a token into a URL (%s...)", [substring(found, 0, indexof(found, "//") + 2)])
}
