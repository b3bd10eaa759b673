package tenon.rules.secrets.guessable_test

import data.tenon.rules.secrets.guessable

secret(list, value) := {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "b"}, list: {"k": value}}

fired(list, value) := found if found := count(guessable.deny) with input as secret(list, value)

test_fires_on_digits if fired("stringData", "1234567") == 1

test_fires_on_words if fired("stringData", "changeme") == 1

test_fires_encoded if fired("data", "dGVzdC1zZWNyZXQ=") == 1

test_silent_on_others if fired("stringData", "s3cret-value") == 0

test_silent_on_what_is_no_base64 if fired("data", "1234567") == 0
