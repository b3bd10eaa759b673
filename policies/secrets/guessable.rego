# METADATA
# title: A Secret has a value that nobody guesses
# description: |
#   1234567 or changeme stands in examples for the value that belongs there. Applied as it is, whoever signs events with it
#   starts runs.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# custom:
#   id: secrets/guessable
#   severity: error
#   remedy: "keep the value in a secret store and name it by ExternalSecret or facts.secrets"
package tenon.rules.secrets.guessable

import data.tenon.lib

deny contains {"msg": msg, "path": [list, key]} if {
	input.kind == "Secret"
	some list in ["data", "stringData"]
	some key, value in input[list]
	lib.guessable(list, value)
	msg := sprintf("the value of %s in Secret %s is one of those that everybody guesses", [key, input.metadata.name])
}
