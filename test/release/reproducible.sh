#!/bin/sh
# Builds the binary of a release in two folders of different names and lengths, and compares the bytes.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for folder in one a/quite/different/place; do
	mkdir -p "$work/$folder"
	git archive HEAD | tar -x -C "$work/$folder"
	(cd "$work/$folder" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X tenon.dev/tenon/internal/cli.version=v0.0.0" -o "$work/tenon-$(echo "$folder" | tr / -)" ./cmd/tenon)
done
sha256sum "$work"/tenon-*
cmp "$work/tenon-one" "$work/tenon-a-quite-different-place"
echo "the two builds are the same bytes"
