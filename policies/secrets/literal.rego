# METADATA
# title: No credential stands in a manifest
# description: |
#   A token or password in an environment variable, a parameter default or a ConfigMap can be
#   read by whoever reads the repository, the object or the pod.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# custom:
#   id: secrets/literal
#   severity: error
#   remedy: "keep it in a Secret that an external store fills, and read it by secretKeyRef; change the value that was published"
package tenon.rules.secrets.literal

import data.tenon.lib

tokens := `\bnpm_[A-Za-z0-9]{36}|\bdckr_pat_[A-Za-z0-9_-]{20,}|\b[rs]k_live_[A-Za-z0-9]{20,}|\bSG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}|\bhvs\.[A-Za-z0-9_-]{20,}|\bpypi-AgEI[A-Za-z0-9_-]{20,}|\bglrt-[A-Za-z0-9_-]{20}|\bxapp-[0-9]-[A-Za-z0-9-]{20,}|\bAGE-SECRET-KEY-1[0-9A-Z]{40,}|ghp_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20}|xox[bap]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----|eyJhbGciOi[A-Za-z0-9_-]{20,}\.|\$apr1\$|hooks\.slack\.com/services/T[A-Za-z0-9]`

# Of these a text has one if tokens matches it: to look for them takes a tenth of the time on long texts.
hints := [
	"npm_", "dckr_pat_", "k_live_", "SG.", "hvs.", "pypi-AgEI", "glrt-", "xapp-", "AGE-SECRET-KEY-1", "ghp_", "github_pat_", "glpat-",
	"xoxb-", "xoxa-", "xoxp-", "AKIA", "PRIVATE KEY-----", "eyJhbGciOi", "$apr1$", "hooks.slack.com/services/T",
]

token_in(text) if {
	some hint in hints
	contains(text, hint)
	regex.match(tokens, text)
}

named := `(?i)(^|[_-])(password|passwd|passphrase|token|secret|secret[_-]access[_-]key|access[_-]?key|api[_-]?key|credentials?|batch[_-]key|key[_-]content|private[_-]?key)$`

# A URL with a password in it, and a line of a configuration that sets one.
url_password := `[a-z]+://[^/\s:@$]+:[^/\s@$<{(]{3,}@`

setting := `(?im)^\s*[a-z_.]*(password|passwd|passphrase|secret|token|secret_access_key)[ \t]*[=:][ \t]*["']?[^\s$<{%("'\[|>&*!#][^\s$<{%(]{4,}`

# A value that only says where the credential is, or that is none: what an object is called is among them.
harmless := `^(\$[({].*|/.*|true|false|[0-9]{0,3}|none|null|[a-z][a-z-]*-(secrets?|tokens?|credentials?|creds|passwords?|keys?|auth|config)|)$`

deny contains {"msg": msg, "path": array.concat(c.path, ["env", i, "value"])} if {
	some c in lib.containers
	some i, variable in c.container.env
	regex.match(named, variable.name)
	is_string(variable.value)
	not regex.match(harmless, variable.value)
	msg := sprintf("variable %s holds a credential", [variable.name])
}

deny contains {"msg": msg, "path": ["data", key]} if {
	input.kind == "ConfigMap"
	some key, text in input.data
	token_in(text)
	msg := sprintf("key %s of ConfigMap %s holds a credential", [key, input.metadata.name])
}

deny contains {"msg": msg, "path": script.path} if {
	some script in input.tenon.scripts
	token_in(script.text)
	msg := "the script holds a credential"
}

deny contains {"msg": msg, "path": ["metadata", "annotations", key]} if {
	some key, text in input.metadata.annotations
	regex.match(tokens, text)
	msg := sprintf("annotation %s holds a credential", [key])
}

deny contains {"msg": msg, "path": array.concat(c.path, ["env", i, "value"])} if {
	some c in lib.containers
	credential_in(concat("\n", [variable.value | some variable in c.container.env; is_string(variable.value)]))
	some i, variable in c.container.env
	is_string(variable.value)
	credential_in(variable.value)
	not regex.match(named, variable.name)
	msg := sprintf("variable %s holds a credential", [variable.name])
}

credential_in(text) if token_in(text)

credential_in(text) if url_password_in(text)

url_password_in(text) if {
	contains(text, "://")
	regex.match(url_password, text)
}

deny contains {"msg": msg, "path": ["data", key]} if {
	input.kind == "ConfigMap"
	some key, text in input.data
	regex.match(named, key)
	not contains(text, "\n")
	not regex.match(harmless, text)
	msg := sprintf("key %s of ConfigMap %s holds a credential", [key, input.metadata.name])
}

deny contains {"msg": msg, "path": array.concat(c.path, ["args", i])} if {
	some c in lib.containers
	not c.container.command
	some i, word in c.container.args
	argument(c.container.args, i, word)
	msg := "an argument holds a credential"
}

argument(_, _, word) if regex.match(`^--?[a-z-]*(password|passwd|token|secret|api-?key)=[^$/].{5,}$`, word)

argument(args, i, word) if {
	regex.match(`^--?[a-z-]*(password|passwd|token|secret|api-?key)$`, args[i - 1])
	regex.match(`^[^$/-].{5,}$`, word)
}

deny contains {"msg": msg, "path": ["data", key]} if {
	input.kind == "ConfigMap"
	some key, text in input.data
	configured(text)
	msg := sprintf("key %s of ConfigMap %s holds a credential", [key, input.metadata.name])
}

configured(text) if url_password_in(text)

configured(text) if {
	lower_case := lower(text)
	some word in ["password", "secret", "token"]
	contains(lower_case, word)
	regex.match(setting, text)
}

deny contains {"msg": msg, "path": script.path, "line": command.line} if {
	some script in input.tenon.scripts
	some command in script.facts.commands
	some i, word in command.args
	given(command, i, word)
	msg := sprintf("%s is given a credential that stands in the script", [command.name])
}

given(_, _, word) if regex.match(`^--(password|token|secret)=[^$]{3,}$`, word)

given(_, _, word) if regex.match(`^--from-literal=[^=]*(password|token|secret|key)[^=]*=[^$]{3,}$`, word)

given(command, i, _) if {
	command.name == "curl"
	command.args[i - 1] in {"-u", "--user"}
	regex.match(`^[^$]+:[^$]+$`, command.args[i])
}

given(command, i, _) if {
	command.args[i - 1] in {"-p", "--password"}
	"login" in command.args
	not startswith(command.args[i], "$")
}
