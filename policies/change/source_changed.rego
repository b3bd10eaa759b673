# METADATA
# title: Secrets and code come from where they came from
# description: |
#   A store, a repository or a server of somebody else gives what they want to whoever asks, and sees what is sent.
# related_resources:
#   - ref: https://external-secrets.io/latest/api/externalsecret/
# custom:
#   id: change/source-changed
#   severity: warning
#   input: change
#   remedy: "see that the new place is yours"
package tenon.rules.change.source_changed

deny contains {"msg": msg, "item": source} if {
	some source in input.change.sources
	source.address != ""
	msg := sprintf("it names %s, which nothing named before", [source.address])
}

deny contains {"msg": msg, "item": source} if {
	some source in input.change.sources
	source.address == ""
	source.op != "moved"
	msg := sprintf("%s of %s %s is %s", [source.field, source.object.kind, source.object.name, source.op])
}
