package tenon.rules.change.other_files_test

import data.tenon.rules.change.other_files

fired(item) := found if found := {f.msg | some f in other_files.deny} with input as {"change": {"automation": [item]}}

test_fires_for_one if fired({"op": "others", "many": 1, "names": "a.py"}) == {"outside of the platform a.py changes, which nothing here judges"}

test_fires_for_some if fired({"op": "others", "many": 2, "names": "a.py, b.py"}) == {"outside of the platform 2 files change (a.py, b.py), which nothing here judges"}

test_silent if count(fired({"op": "changed", "gate": true})) == 0
