#!/bin/sh
# Formats and static checks of Go, CUE and Rego. Any difference fails.
set -eu
cd "$(dirname "$0")/.."
failed=0
complain() { echo "lint: $1" >&2; failed=1; }

unformatted=$(git ls-files '*.go' | xargs gofmt -l)
[ -z "$unformatted" ] || complain "gofmt would change: $unformatted"
go vet ./... || complain "go vet"
go vet -tags e2e ./... || complain "go vet of the tests that take minutes"
go vet -tags gpu ./test/steps || complain "go vet of the tests on GPUs"
bin/staticcheck ./... || complain "staticcheck"

(cd cue && ../bin/cue fmt --check ./...) || complain "cue fmt would change the files above"
for environment in cue/platform/*/; do
	name=$(basename "$environment")
	(cd cue && ../bin/cue vet -c "./platform/$name") || complain "cue vet of $name"
done
(cd cue && ../bin/cue vet -c=false ./schema ./render) || complain "cue vet"

unformatted=$(bin/opa fmt --list policies)
[ -z "$unformatted" ] || complain "opa fmt would change: $unformatted"
bin/opa check --strict policies || complain "opa check"

go run ./cmd/tenon render --check >/dev/null || complain "overlays/ is stale: run make generate"
exit $failed
