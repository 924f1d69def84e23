#!/usr/bin/env bash
# package-check.sh DIR installs the deb in DIR (of deploy/release.sh) on this Debian, runs the gateway with a
# simulated SMSC, upgrades, removes and purges it, and looks into the rpm. It needs root, works in a network of its
# own, and leaves the machine as it was. Where systemd does not run it starts the gateway as the unit says.
set -euo pipefail
trap 'echo "$(basename "$0"): line $LINENO failed" >&2' ERR
dir=$(realpath "$1")
cd "$(dirname "$0")/.."

fail() {
	echo "package-check.sh: $1" >&2
	exit 1
}

if [ -z "${READBACK_PACKAGE_CHECK:-}" ]; then
	for command in rpm shellcheck ip systemd-analyze; do
		if ! command -v "$command" >/dev/null; then
			apt-get update -qq
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends rpm shellcheck iproute2 systemd >/dev/null
			break
		fi
	done
	for place in /usr/bin/readback /etc/readback /var/lib/readback; do
		[ ! -e "$place" ] || fail "readback is on this machine already: $place"
	done
	if unshare --net true 2>/dev/null; then
		READBACK_PACKAGE_CHECK=apart exec unshare --net -- "$0" "$dir"
	fi
	echo "package-check.sh: this machine gives no namespaces: the check uses the machine's network" >&2
	READBACK_PACKAGE_CHECK=here exec "$0" "$dir"
fi
[ "$READBACK_PACKAGE_CHECK" = here ] || ip link set lo up
unset READBACK_PACKAGE_CHECK # it would be a setting

work=$(mktemp -d)
pids=()
cleanup() {
	local pid
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	wait
	dpkg --purge readback >/dev/null 2>&1 || true
	rm -rf "$work" /etc/readback /var/lib/readback
	! getent passwd readback >/dev/null || userdel readback
}
trap cleanup EXIT

deb=$(echo "$dir"/readback_*_amd64.deb)
rpm=$(echo "$dir"/readback-*.x86_64.rpm)
version=$(dpkg-deb -f "$deb" Version)
conf=/etc/readback/readback.yaml
unit=/usr/lib/systemd/system/readback.service
shellcheck deploy/package/deb/* deploy/package/rpm/*

# repack VERSION prints the path of the same deb with another version; the function change may change its files.
repack() {
	dpkg-deb -R "$deb" "$work/repack"
	sed -i "s/^Version: .*/Version: $1/" "$work/repack/DEBIAN/control"
	change "$work/repack"
	dpkg-deb --root-owner-group -Znone -b "$work/repack" "$work/$1.deb" >/dev/null
	rm -r "$work/repack"
	echo "$work/$1.deb"
}

# setting NAME prints a value of the unit.
setting() { sed -n "s/^$1=//p" "$unit"; }

# exec_as_unit COMMAND… becomes a command that runs as the unit would: with its user, umask and environment.
exec_as_unit() {
	umask "$(setting UMask)"
	exec env -i PATH=/usr/bin:/bin setpriv --reuid "$(setting User)" --regid "$(setting User)" --init-groups --no-new-privs "$@"
}

# start makes the state directory, as systemd does, and starts the gateway.
start() {
	local command
	read -ra command <<<"$(setting ExecStartPre)"
	install -d -m "$(setting StateDirectoryMode)" -o readback -g readback "/var/lib/$(setting StateDirectory)"
	(exec_as_unit "${command[@]}")
	read -ra command <<<"$(setting ExecStart)"
	exec_as_unit "${command[@]}" >>"$work/gateway.log" 2>&1 &
	pids+=($!)
	gateway=$!
	eventually "the gateway is ready" readback health --ready --config "$conf"
}

stop() {
	kill "$gateway"
	wait "$gateway" || fail "the gateway does not stop with status 0: $(tail -5 "$work/gateway.log")"
}

# eventually WHAT COMMAND…: it succeeds within 30 seconds.
eventually() {
	local i
	for i in $(seq 300); do
		if "${@:2}" >"$work/eventually" 2>&1; then
			return
		fi
		sleep 0.1
	done
	fail "not true after $((i / 10)) s: $1: $(cat "$work/eventually" "$work/gateway.log" 2>/dev/null)"
}

# has FILE MODE OWNER
has() {
	[ "$(stat -c '%a %U:%G' "$1")" = "$2 $3" ] || fail "$1: $(stat -c '%a %U:%G' "$1"), want $2 $3"
}

echo "== install $version"
dpkg -i "$deb" >"$work/install"
grep -q 'installed and not started' "$work/install" || fail "the installation does not say what comes next"
has /etc/readback 750 root:readback
has "$conf" 640 root:readback
said=$(readback --version)
[[ $said == *" $(sed 's/-1$//; s/~/-/' <<<"$version") "* ]] || fail "the package is version $version, and the program $said"
systemd-analyze verify --man=no "$unit"

echo "== run"
readback sim smsc --addr 127.0.0.1:2776 --control 127.0.0.1:9091 >"$work/smsc.log" 2>&1 &
pids+=($!)
start
has /var/lib/readback 700 readback:readback
readback sim esme --addr 127.0.0.1:2775 --text "Hello" --stay >"$work/esme.log" 2>&1 &
pids+=($!)
esme=$!
eventually "an ESME is bound" sh -c "readback sessions --config $conf | grep -q esme"
eventually "the message has reached a handset" sh -c "readback sim handset --control http://127.0.0.1:9091 --receiver 447700900101 | grep -q Hello"
readback sim handset --reads http://127.0.0.1:8080/v1/reads --receiver 447700900101 --sender 10690001 --number 1
eventually "the ESME learns that it was read" grep -q "status:1" "$work/esme.log"
kill "$esme"
stop

echo "== upgrade, where the administrator has changed the configuration"
echo "# changed by the administrator" >>"$conf"
chmod 600 "$conf"
chown readback "$conf"
change() { :; }
next=$(repack "$version+next1")
dpkg -i "$next" </dev/null >"$work/upgrade"
has "$conf" 600 readback:readback
change() { echo "# new in this release" >>"$1$conf"; }
later=$(repack "$version+next2")
dpkg --force-confdef -i "$later" </dev/null >"$work/upgrade"
[ "$(dpkg-query -W -f '${Version}' readback)" = "$version+next2" ] || fail "the upgrade is not installed"
grep -q "changed by the administrator" "$conf" || fail "the upgrade has changed $conf"
grep -q "new in this release" "$conf.dpkg-dist" || fail "the upgrade does not leave its own configuration in $conf.dpkg-dist"
start
readback conversations --config "$conf" 10690001 447700900101 >"$work/conversation"
grep -q read "$work/conversation" || fail "after the upgrade the gateway does not know what was read: $(cat "$work/conversation")"
stop

echo "== remove and purge"
dpkg -r readback >"$work/remove" 2>&1
for place in /usr/bin/readback "$unit"; do
	[ ! -e "$place" ] || fail "a removal leaves $place"
done
for place in "$conf" /var/lib/readback; do
	[ -e "$place" ] || fail "a removal takes $place"
done
dpkg -P readback >"$work/purge" 2>&1
[ ! -e "$conf" ] || fail "a purge leaves $conf"
[ -d /var/lib/readback ] || fail "a purge takes the store"
grep -q "Kept: /var/lib/readback" "$work/purge" || fail "a purge does not say what it keeps: $(cat "$work/purge")"
if grep -i 'warning' "$work/purge"; then
	fail "a purge has something to warn of"
fi

echo "== rpm"
rpm -qpl "$rpm" | sort >"$work/rpm"
dpkg-deb -c "$deb" | awk '$1 !~ /^d/ {print substr($6, 2)}' | sort >"$work/deb"
# both have the same files, but for the place of zsh's completions, and the rpm lists the directory it owns
diff <(sed 's,vendor-completions,site-functions,' "$work/deb" | sort) <(grep -vx /etc/readback "$work/rpm") || fail "deb and rpm have different files"
[ "$(rpm -qp --configfiles "$rpm")" = "$conf" ] || fail "the rpm's configuration is not marked as one"
rpm -qp --qf '[%{FILENAMES} %{FILEFLAGS:fflags}\n]' "$rpm" | grep -qx "$conf cn" || fail "the rpm's configuration is not config(noreplace)"
rpm -qp --scripts "$rpm" >"$work/scripts"
for script in preinstall postinstall preuninstall postuninstall; do
	grep -q "^$script scriptlet" "$work/scripts" || fail "the rpm has no $script"
done
into=$work/elsewhere # where no shell is, so without the scripts
mkdir "$into"
rpm --root "$into" -i --nodeps --noscripts "$rpm" 2>"$work/said"
rpm --root "$into" -V --nodeps --nogroup readback || fail "what the rpm installs is not what it says"
[ "$("$into/usr/bin/readback" --version)" = "$said" ] || fail "the rpm has another program than the deb"

echo "the packages install, run, upgrade and go (${SECONDS}s)"
