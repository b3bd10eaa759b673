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
	source.op == "named"
	msg := sprintf("it names %s, which nothing named before", [source.address])
}

deny contains {"msg": msg, "item": source} if {
	some source in input.change.sources
	source.op in {"added", "removed", "changed"}
	msg := sprintf("%s of %s %s is %s", [source.field, source.object.kind, source.object.name, source.op])
}

deny contains {"msg": msg, "item": source} if {
	some source in input.change.sources
	source.op == "loosened"
	msg := sprintf("%s of %s %s named a version or a commit, and now what may be another thing tomorrow", [source.field, source.object.kind, source.object.name])
}

deny contains {"msg": msg, "item": source} if {
	some source in input.change.sources
	source.op == "unverified"
	msg := sprintf("it has %q now: what is fetched or run is not verified", [source.address])
}
