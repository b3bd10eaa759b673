#!/bin/sh
# Puts a released tenon into a folder, after its checksum has been compared: install.sh [VERSION [FOLDER]]
#   VERSION  a tag such as v0.2.0; default latest
#   FOLDER   default $HOME/.local/bin
# TENON_RELEASES  where releases are, such as https://github.com/OWNER/REPOSITORY/releases
# TENON_SHA256    what checksums.txt has to say of the archive, if you know it from elsewhere: then nothing that the server says is believed
set -eu
version=${1:-latest}
folder=${2:-$HOME/.local/bin}
: "${TENON_RELEASES:?where releases are, such as https://github.com/OWNER/REPOSITORY/releases}"
case $(uname -s) in
Linux) os=linux ;;
Darwin) os=darwin ;;
*) echo "install.sh: there is no release for $(uname -s): go install tenon.dev/tenon/cmd/tenon@$version" >&2; exit 3 ;;
esac
case $(uname -m) in
x86_64 | amd64) arch=amd64 ;;
aarch64 | arm64) arch=arm64 ;;
*) echo "install.sh: there is no release for $(uname -m): go install tenon.dev/tenon/cmd/tenon@$version" >&2; exit 3 ;;
esac
case $TENON_RELEASES in
https://* | http://127.0.0.1:* | http://localhost:*) ;;
*) echo "install.sh: TENON_RELEASES has to begin with https://" >&2; exit 2 ;;
esac
at=$TENON_RELEASES/download/$version
[ "$version" != latest ] || at=$TENON_RELEASES/latest/download
archive=tenon_${os}_$arch.tar.gz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
get() { curl -fsSL --proto '=https,http' --max-time 120 --max-filesize 300000000 -o "$work/$1" "$at/$1"; }
get "$archive" || { echo "install.sh: $at/$archive cannot be had" >&2; exit 3; }
wanted=${TENON_SHA256:-}
if [ -z "$wanted" ]; then
	get checksums.txt || { echo "install.sh: $at/checksums.txt cannot be had" >&2; exit 3; }
	wanted=$(awk -v name="$archive" '$2 == name { print $1 }' "$work/checksums.txt")
fi
if command -v sha256sum >/dev/null; then is=$(sha256sum "$work/$archive"); else is=$(shasum -a 256 "$work/$archive"); fi
if [ -z "$wanted" ] || [ "${is%% *}" != "$wanted" ]; then
	echo "install.sh: $archive has the checksum ${is%% *}, and wanted is ${wanted:-none}: nothing is installed" >&2
	exit 4
fi
tar -xzf "$work/$archive" -C "$work" tenon
mkdir -p "$folder"
mv "$work/tenon" "$folder/.tenon-new"
chmod 755 "$folder/.tenon-new"
mv "$folder/.tenon-new" "$folder/tenon"
echo "$folder/tenon: $("$folder/tenon" --version)"
