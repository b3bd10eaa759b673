package tenon.rules.change.ci_changed_test

import data.tenon.rules.change.ci_changed

file(name, gate, owners) := {"op": "added", "gate": gate, "owners": owners, "object": {"kind": "File", "name": name}}

fired(file) := found if found := {f.msg | some f in ci_changed.deny} with input as {"change": {"automation": [file]}}

test_fires_added if fired(file(".tekton/push.yaml", false, false)) == {".tekton/push.yaml is added: CI runs it, or goes by it"}

test_fires_owners if fired(file("CODEOWNERS", false, true)) == {"CODEOWNERS is added: it says who must agree to later changes"}

test_silent if count(fired(file(".tekton/push.yaml", true, false))) == 0
