package tenon.rules.network.open_egress_test

import data.tenon.rules.network.open_egress

policy := data.rendered.NetworkPolicy["runs-egress"]

replace(path, value) := json.patch(policy, [{"op": "replace", "path": path, "value": value}])

test_fires_on_empty_peers if {
	found := open_egress.deny with input as replace("/spec/egress/0/to", [])
	{f.path | some f in found} == {["spec", "egress", 0]}
}

test_fires_on_everything if {
	found := open_egress.deny with input as replace("/spec/egress/0/to", [{"ipBlock": {"cidr": "0.0.0.0/0"}}])
	{f.path | some f in found} == {["spec", "egress", 0, "to", 0, "ipBlock"]}
}

test_silent_with_metadata_left_out if {
	good := replace("/spec/egress/0/to", [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}])
	count(open_egress.deny) == 0 with input as good
}

test_silent_as_rendered if {
	count(open_egress.deny) == 0 with input as policy
}
