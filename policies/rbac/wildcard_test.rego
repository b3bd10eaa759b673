package tenon.rules.rbac.wildcard_test

import data.tenon.rules.rbac.wildcard

role := data.rendered.ClusterRole["scientific-computing-trigger-reader"]

test_fires_on_all_verbs if {
	bad := json.patch(role, [{"op": "add", "path": "/rules/0/verbs", "value": ["*"]}])
	found := wildcard.deny with input as bad
	{f.path | some f in found} == {["rules", 0, "verbs"]}
}

with_rule(rule) := json.patch(role, [{"op": "add", "path": "/rules", "value": [rule]}, {"op": "add", "path": "/metadata/name", "value": "x"}])

said(rule) := msgs if {
	found := wildcard.deny with input as with_rule(rule)
	msgs := {f.msg | some f in found}
}

test_one_finding_of_a_rule if {
	said({"apiGroups": ["", "apps"], "resources": ["*"], "verbs": ["*"]}) == {"ClusterRole x grants all verbs and resources of the core group, apps"}
}

test_says_of_what if {
	said({"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}) == {"ClusterRole x grants all verbs on pods"}
	said({"apiGroups": ["*"], "resources": ["pods"], "verbs": ["get"]}) == {"ClusterRole x grants all apiGroups"}
	said({"nonResourceURLs": ["/x"], "verbs": ["*"]}) == {"ClusterRole x grants all verbs"}
}

test_silent_as_rendered if {
	count(wildcard.deny) == 0 with input as role
}
