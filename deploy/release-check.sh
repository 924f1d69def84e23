#!/usr/bin/env bash
# release-check.sh DIR PART… makes the parts of a release that are in DIR (of deploy/release.sh) a second time, from
# a copy of the tree in another place, with another umask and time zone. They must be the same octets.
set -euo pipefail
first=$(realpath "$1")
parts=("${@:2}")
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
VERSION=${VERSION:-$(deploy/version.sh)}
REVISION=$(git rev-parse HEAD)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export VERSION REVISION SOURCE_DATE_EPOCH

again() { # TREE OUT
	(
		umask 077
		cd "$1"
		OUT=$2 TZ=Pacific/Auckland LC_ALL=C.UTF-8 deploy/release.sh "${parts[@]}" >"$work/log" 2>&1
	) || {
		cat "$work/log"
		exit 1
	}
}

mkdir "$work/tree"
git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$work/tree"
again "$work/tree" "$work/second"
diff "$first/SHA256SUMS" "$work/second/SHA256SUMS" || {
	echo "release-check.sh: a second build makes something else" >&2
	exit 1
}
(cd "$first" && sha256sum --check --quiet SHA256SUMS)

# The comparison must notice another file.
echo >>"$work/tree/deploy/package/readback.yaml"
parts=(deb)
again "$work/tree" "$work/third"
if cmp -s "$work/second"/*.deb "$work/third"/*.deb; then
	echo "release-check.sh: a changed file makes the same package: the check is broken" >&2
	exit 1
fi
echo "a second build makes the same $(wc -l <"$first/SHA256SUMS") files (${SECONDS}s)"
