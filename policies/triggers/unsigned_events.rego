# METADATA
# title: A listener checks who sent an event
# description: |
#   Without an interceptor that verifies the sender's signature, whoever reaches the listener
#   starts pipelines with parameters of their choice.
# related_resources:
#   - ref: https://tekton.dev/docs/triggers/interceptors/
#   - ref: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
# custom:
#   id: triggers/unsigned-events
#   severity: error
#   remedy: "add the github, gitlab or bitbucket interceptor with a secretRef"
package tenon.rules.triggers.unsigned_events

deny contains {"msg": msg, "path": ["spec", "triggers", i]} if {
	input.kind == "EventListener"
	some i, trigger in input.spec.triggers
	object.get(trigger, "triggerRef", "") == ""
	not verified(trigger)
	msg := sprintf("trigger %s of %s starts runs for anybody: no interceptor checks a signature", [object.get(trigger, "name", sprintf("%d", [i])), input.metadata.name])
}

deny contains {"msg": msg, "path": ["spec"]} if {
	input.kind == "Trigger"
	not verified(input.spec)
	msg := sprintf("Trigger %s starts runs for anybody: no interceptor checks a signature", [input.metadata.name])
}

verified(trigger) if {
	some interceptor in trigger.interceptors
	interceptor.ref.name in {"github", "gitlab", "bitbucket"}
	some param in interceptor.params
	param.name == "secretRef"
	param.value.secretName
}

# An interceptor of one's own may check whatever it likes.
verified(trigger) if {
	some interceptor in trigger.interceptors
	not interceptor.ref.name in {"github", "gitlab", "bitbucket", "slack", "cel"}
}

# A webhook of one's own may check it too, and CEL can compare with a Secret.
verified(trigger) if {
	some interceptor in trigger.interceptors
	interceptor.webhook
}

verified(trigger) if {
	some interceptor in trigger.interceptors
	interceptor.ref.name == "cel"
	some param in interceptor.params
	is_string(param.value)
	compares(param.value)
}

# What is compared has to decide: behind an "or", within brackets or as a text it may as well not be there. Without texts,
# comments and what stands in brackets of any kind, the expression is a chain of conditions.
compares(expression) if {
	plain := regex.replace(expression, `'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`, "")
	bare := regex.replace(plain, `//[^\n]*`, "")
	chain := without(without(without(without(without(without(bare))))))
	not regex.match(`[\[\](){}]`, chain)
	not contains(chain, "||")
	not contains(chain, "?")
	some condition in split(chain, "&&")
	regex.match(`^\s*[A-Za-z_][\w.-]*\.compareSecret(\s*==\s*true)?\s*$`, condition)
}

without(expression) := regex.replace(expression, `\([^(){}\[\]]*\)|\{[^(){}\[\]]*\}|\[[^(){}\[\]]*\]`, "")
