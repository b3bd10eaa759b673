# METADATA
# title: No account may do more than before
# description: |
#   Who can do more can do more harm. Rights are compared with the API server's own rules: what a wildcard gave before is no gain.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: change/rights-gained
#   severity: warning
#   input: change
#   remedy: "grant what the account uses, by name, or take it back"
package tenon.rules.change.rights_gained

import data.tenon.changes as lib

deny contains {"msg": msg, "item": right} if {
	some right in input.change.rights
	right.op == "gained"
	msg := sprintf("%s may now %s", [right.subject, lib.right(right)])
}
