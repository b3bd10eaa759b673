#!/bin/sh
# Runs every fuzz target for a while: FUZZTIME=10m ./test/fuzz.sh [PACKAGE...]. What breaks one is written to
# the target's testdata/fuzz, to be committed with its mend.
set -eu
cd "$(dirname "$0")/.."
time=${FUZZTIME:-20s}
failed=0
count=0
for package in $(go list "${@:-./internal/...}"); do
	dir=$(go list -f '{{.Dir}}' "$package")
	for target in $(grep -ho 'func Fuzz[A-Za-z]*' "$dir"/*_test.go 2>/dev/null | sed 's/func //' | sort -u); do
		count=$((count + 1))
		echo "== $package $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -parallel "${FUZZPARALLEL:-2}" "$package" || failed=$((failed + 1))
	done
done
echo "$((count - failed)) passed, $failed failed"
test "$failed" -eq 0 && test "$count" -gt 0
