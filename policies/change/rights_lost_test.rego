package tenon.rules.change.rights_lost_test

import data.tenon.rules.change.rights_lost

test_fires if {
	found := rights_lost.deny with input as {"change": data.change}
	some f in found
	contains(f.msg, "may no longer get, list, watch clustertriggerbindings.triggers.tekton.dev in the whole cluster")
}

test_silent_on_rights_gained if {
	gained := [r | some r in data.change.rights; r.op == "gained"]
	count(gained) > 0
	count(rights_lost.deny) == 0 with input as {"change": {"rights": gained}}
}
