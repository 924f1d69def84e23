#!/usr/bin/env bash
# Installs the peers that the tests of this directory run: Kannel, Net::SMPP,
# node-smpp and Wireshark's dissectors, and HAProxy for `readback bench`. For Debian 12; does nothing that is done.
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
need() { # need FILE-OR-COMMAND PACKAGE…; a file has a slash: perl and node are directories here
	case $1 in
	*/*) [ -e "$1" ] ;;
	*) command -v "$1" >/dev/null ;;
	esac || missing+=("${@:2}")
}
need bearerbox kannel
need smsbox kannel
need /usr/share/perl5/Net/SMPP.pm libnet-smpp-perl
need perl perl
need tshark tshark
need text2pcap wireshark-common
need node nodejs
need /usr/sbin/haproxy haproxy
need npm npm

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
