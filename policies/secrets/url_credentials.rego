# METADATA
# title: No credentials stand in a URL
# description: |
#   git writes the URL that it cloned into .git/config, so the token lies on the volume for every
#   later task; it also shows in logs and process lists.
# related_resources:
#   - ref: https://tekton.dev/docs/pipelines/auth/
# custom:
#   id: secrets/url-credentials
#   severity: error
#   remedy: "use a git-credentials workspace or a credential helper"
package tenon.rules.secrets.url_credentials

# What a shell fills in is no credential in clear: secrets/url-variable.
deny contains {"msg": msg, "path": script.path, "text": found} if {
	some script in input.tenon.scripts
	some found in regex.find_n(`https?://[^/\s"'@]*:[^/\s"'@$]+@`, script.text, -1)
	msg := sprintf("the script puts credentials into a URL (%s...)", [substring(found, 0, indexof(found, "//") + 2)])
}
