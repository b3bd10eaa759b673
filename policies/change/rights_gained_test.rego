package tenon.rules.change.rights_gained_test

import data.tenon.rules.change.rights_gained

messages := {f.msg | found := rights_gained.deny with input as {"change": data.change}; some f in found}

test_fires if {
	some msg in messages
	contains(msg, "gpu-pipeline-listener may now do anything with clusterinterceptors.triggers.tekton.dev; get, list secrets in the whole cluster")
}

test_fires_in_a_namespace if {
	some msg in messages
	startswith(msg, "Group imaging may now ")
	endswith(msg, " in tekton-gpu-pipelines-imaging")
}

test_fires_on_names_urls_and_unknown_roles if {
	right := {
		"op": "gained", "subject": "User ops", "namespace": "", "roles": ["ClusterRole/admin"],
		"rules": [
			{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["token"]},
			{"verbs": ["get"], "nonResourceURLs": ["/metrics"]},
		],
	}
	found := rights_gained.deny with input as {"change": {"rights": [right]}}
	{f.msg | some f in found} == {"User ops may now get secrets called token; get /metrics; do what ClusterRole/admin allows, which is not among the objects in the whole cluster"}
}

test_silent_on_rights_lost if {
	lost := [r | some r in data.change.rights; r.op == "lost"]
	count(lost) > 0
	count(rights_gained.deny) == 0 with input as {"change": {"rights": lost}}
}
