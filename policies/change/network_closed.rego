# METADATA
# title: Pods reach or are reached by less than before
# description: |
#   What is cut off fails when it next connects, as a timeout.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/
# custom:
#   id: change/network-closed
#   severity: info
#   input: change
#   remedy: "see that nothing needs the connection"
package tenon.rules.change.network_closed

import data.tenon.changes as lib

deny contains {"msg": msg, "item": reach} if {
	some reach in input.change.reach
	reach.op == "closed"
	msg := sprintf("%s may no longer %s", [lib.few(reach.pods), lib.connection(reach)])
}
