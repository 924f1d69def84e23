#!/usr/bin/env bash
# Installs what the tests in a browser need (tag e2e): Debian's Chromium, a font with Chinese characters, and axe-core.
# For Debian 12; does nothing that is done.
set -euo pipefail
cd "$(dirname "$0")"

fail() {
	echo "install.sh: $1" >&2
	exit 1
}

# quietly CMD…: what it prints is shown only if it fails.
quietly() {
	local out
	out=$("$@" 2>&1 </dev/null) || {
		echo "$out" >&2
		fail "$* failed"
	}
}

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v npm >/dev/null || missing+=(npm)
[ -e /usr/share/fonts/truetype/wqy/wqy-zenhei.ttc ] || missing+=(fonts-wqy-zenhei)
if [ "${#missing[@]}" -gt 0 ]; then
	command -v apt-get >/dev/null || fail "missing ${missing[*]}, and there is no apt-get"
	[ "$(id -u)" = 0 ] || fail "missing ${missing[*]}: run this as root, or install them"
	export DEBIAN_FRONTEND=noninteractive
	quietly apt-get update -qq
	quietly apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

if ! [ node_modules/.package-lock.json -nt package-lock.json ]; then
	quietly npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch node_modules/.package-lock.json
fi
