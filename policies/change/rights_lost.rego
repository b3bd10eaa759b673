# METADATA
# title: An account may do less than before
# description: |
#   What an account may no longer do, something that runs as it may still try.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   id: change/rights-lost
#   severity: info
#   input: change
#   remedy: "see that nothing that runs as the account needs it"
package tenon.rules.change.rights_lost

import data.tenon.changes as lib

deny contains {"msg": msg, "item": right} if {
	some right in input.change.rights
	right.op == "lost"
	msg := sprintf("%s may no longer %s", [right.subject, lib.right(right)])
}
