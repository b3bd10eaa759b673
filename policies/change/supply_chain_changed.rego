# METADATA
# title: What attestations may say stays
# description: |
#   Who may build, from which sources and bases, and which licences are refused decides which images pass.
# related_resources:
#   - ref: https://slsa.dev/spec/v1.0/verifying-artifacts
# custom:
#   id: change/supply-chain-changed
#   severity: error
#   input: change
#   remedy: "let who answers for the supply chain change it on the base branch, or waive it there"
package tenon.rules.change.supply_chain_changed

deny contains {"msg": msg, "item": setting} if {
	some setting in input.change.trust
	setting.what == "supply chain"
	msg := sprintf("%s is %s", [setting.name, setting.op])
}
