# METADATA
# title: No pod reaches or is reached by more than before
# description: |
#   A policy that is opened, or that selects fewer pods, shows in no pipeline. Connections are compared pod by pod over all NetworkPolicies.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/
# custom:
#   id: change/network-opened
#   severity: warning
#   input: change
#   remedy: "name the peer and the port that are needed"
package tenon.rules.change.network_opened

import data.tenon.changes as lib

deny contains {"msg": msg, "item": reach} if {
	some reach in input.change.reach
	reach.op == "opened"
	msg := sprintf("%s may now %s", [lib.few(reach.pods), lib.connection(reach)])
}
