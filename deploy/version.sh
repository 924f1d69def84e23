#!/usr/bin/env bash
# version.sh prints the version of a build from this tree, as SemVer: 1.2.3 at the tag v1.2.3, 1.2.3+4.0123abc
# four commits behind it, 0.0.0+20060102150405.0123abc (the time of the commit, UTC) without a tag. A tree with
# changes adds .changed. Outside a git tree it prints 0.0.0+unknown.
#
# "+" orders after the release in packages of Debian and RPM, too.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ ! -e .git ]; then
	echo 0.0.0+unknown
	exit
fi
changed=
[ -z "$(git status --porcelain)" ] || changed=.changed

if described=$(git describe --tags --long --abbrev=7 --match 'v[0-9]*' 2>/dev/null); then
	[[ $described =~ ^v(.*)-([0-9]+)-g([0-9a-f]+)$ ]]
	version=${BASH_REMATCH[1]}
	if [ "${BASH_REMATCH[2]}" != 0 ]; then
		version+=+${BASH_REMATCH[2]}.${BASH_REMATCH[3]}
	fi
else
	version=0.0.0+$(TZ=UTC git log -1 --format=%cd.%h --abbrev=7 --date=format-local:%Y%m%d%H%M%S)
fi
if [ -n "$changed" ] && [[ $version != *+* ]]; then
	changed=+changed
fi
echo "$version$changed"
