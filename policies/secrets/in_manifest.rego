# METADATA
# title: No secret value stands in a manifest
# description: |
#   Whoever can read the repository can read the Secret: base64 hides nothing, and git keeps it
#   after it is removed.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# custom:
#   id: secrets/in-manifest
#   severity: error
#   remedy: "keep the value in a secret store and name it by ExternalSecret or facts.secrets; change the value that was published"
package tenon.rules.secrets.in_manifest

import data.tenon.lib

deny contains {"msg": msg, "path": [list, key]} if {
	input.kind == "Secret"
	some list in ["data", "stringData"]
	some key, value in input[list]
	value != ""
	not placeholder(value)
	not lib.guessable(list, value)
	not public(key)
	msg := sprintf("Secret %s holds a value for %s", [input.metadata.name, key])
}

# A placeholder that is filled in before the Secret is applied.
placeholder(value) if regex.match(`^\s*(<[^>]*>|\{\{.*\}\}|\$\(.*\)|\$\{.*\}|(?i)(your|my|example|changeme|replace|insert|todo)[-_ ].*|xxx+)\s*$`, value)

# A placeholder that says what belongs there, such as SECRET_TOKEN or my git password.
placeholder(value) if regex.match(`(?i)^\s*(your|my|personal|github|gitlab|git|openai|secret|token|password|api|key)([-_ ](personal|github|secret|token|password|api|key|id))+\s*$`, value)

# What is no secret, although a Secret holds it.
public(key) if regex.match(`(?i)^(known_hosts|ca([-._].*)?|.*\.crt|region|.*endpoint|.*url|host(name)?|port|user(name)?|email|.*_enabled?|namespace|type)$`, key)
