package tenon.rules.network.namespace_label_test

import data.tenon.rules.network.namespace_label

policy := data.rendered.NetworkPolicy.dns

test_fires_on_name if {
	bad := json.patch(policy, [{"op": "replace", "path": "/spec/egress/0/to/0/namespaceSelector/matchLabels", "value": {"name": "kube-system"}}])
	found := namespace_label.deny with input as bad
	{f.path | some f in found} == {["spec", "egress", 0, "to", 0, "namespaceSelector", "matchLabels", "name"]}
}

test_silent_as_rendered if {
	count(namespace_label.deny) == 0 with input as policy
}
