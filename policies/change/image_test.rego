package tenon.rules.change.image_test

import data.tenon.rules.change.image

test_fires if {
	found := image.deny with input as {"change": data.change}
	some f in found
	startswith(f.msg, "registry.example.com/gpu/git:2.52.0@sha256:1e4700")
	contains(f.msg, " takes the place of registry.example.com/gpu/git:2.52.0@sha256:0d3699")
}

test_fires_on_a_new_one if {
	found := image.deny with input as {"change": {"images": [object.union(i, {"op": "added"}) | some i in data.change.images]}}
	some f in found
	endswith(f.msg, " is new here")
}

test_silent_where_one_goes if {
	count(image.deny) == 0 with input as {"change": {"images": [object.union(i, {"op": "removed"}) | some i in data.change.images]}}
}
