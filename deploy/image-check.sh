#!/usr/bin/env bash
# image-check.sh DIR unpacks the layers of the image in DIR (of deploy/release.sh), and runs its entrypoint, command
# and health check as its configuration says, in namespaces of their own. It needs root, and no container engine.
set -euo pipefail
trap 'echo "$(basename "$0"): line $LINENO failed" >&2' ERR
archive=$(echo "$(realpath "$1")"/readback_*_linux_amd64.oci.tar)
cd "$(dirname "$0")/.."

fail() {
	echo "image-check.sh: $1" >&2
	exit 1
}

for command in jq ip curl file; do
	if ! command -v "$command" >/dev/null; then
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends jq iproute2 curl file >/dev/null
		break
	fi
done

work=$(mktemp -d)
root=$work/root
container= # the process that made the namespaces
cleanup() {
	[ -z "$container" ] || kill -KILL "$container" 2>/dev/null || true
	wait
	rm -rf "$work"
}
trap cleanup EXIT

# blob DIGEST prints the path of a part of the image, whose sum must be right.
blob() {
	local file=$work/oci/blobs/${1/:/\/}
	echo "${1#sha256:}  $file" | sha256sum --check --status || fail "$1 is not what it should be"
	echo "$file"
}

echo "== unpack $(basename "$archive")"
mkdir "$work/oci" "$root"
tar -x -C "$work/oci" -f "$archive"
manifest=$(blob "$(jq -r '.manifests[0].digest' "$work/oci/index.json")")
config=$(blob "$(jq -r .config.digest "$manifest")")
for layer in $(jq -r '.layers[].digest' "$manifest"); do
	tar -x -z -p --same-owner -C "$root" -f "$(blob "$layer")"
done
mkdir "$root/proc" # an engine makes it
from() { jq -r "$1" "$config"; }
mapfile -t env < <(from '.config.Env[]')
mapfile -t run < <(from '.config.Cmd[]')
mapfile -t check < <(from '.config.Healthcheck.Test[1:][]')
user=$(from .config.User)
version=$(from '.config.Labels["org.opencontainers.image.version"]')
entrypoint=$(from '.config.Entrypoint[0]')
chroot=$(command -v chroot)

[ "$user" = 65532:65532 ] || fail "the image runs as $user"
file "$root$entrypoint" | grep -q 'statically linked' || fail "the gateway is not static: $(file "$root$entrypoint")"
[ "$(stat -c '%a %u:%g' "$root/var/lib/readback")" = "700 $user" ] || fail "the store is $(stat -c '%a %u:%g' "$root/var/lib/readback")"
if find "$root" -perm /022 ! -path "$root/tmp" ! -type l | grep .; then
	fail "the above can be written by others than their owner"
fi

if ! unshare --pid --mount --net true 2>/dev/null; then
	echo "image-check.sh: NOT RUN, since this machine gives no namespaces: the image was unpacked and its files were checked" >&2
	exit 0
fi

# start NAME=VALUE… -- ARGUMENT… begins a container, as docker run -e NAME=VALUE … IMAGE ARGUMENT… does. Within,
# 192.0.2.1 stands for the address by which others reach it.
start() {
	variables=("${env[@]}")
	while [ "$1" != -- ]; do
		variables+=("$1")
		shift
	done
	shift
	# shellcheck disable=SC2016 # the inner shell expands them
	unshare --fork --kill-child --pid --mount --net sh -c '
		set -e
		ip link set lo up
		ip addr add 192.0.2.1/32 dev lo
		mount -t proc proc "$1/proc"
		shift
		exec env -i "$@"' \
		sh "$root" "${variables[@]}" "$chroot" "--userspec=$user" "$root" "$entrypoint" "$@" >"$work/log" 2>&1 &
	container=$!
	eventually "the container has begun" grep -q . "/proc/$container/task/$container/children"
	inside=$(tr -d ' ' <"/proc/$container/task/$container/children")
}

# within COMMAND… runs it in the container, as docker exec and the health check do.
within() {
	nsenter --target "$inside" --pid --mount --net env -i "${variables[@]}" "$chroot" "--userspec=$user" "$root" "$@"
}

# outside COMMAND… runs a program of this machine in the container's network.
outside() { nsenter --target "$inside" --net "$@"; }

# answers PORT: others can connect to it.
answers() { outside bash -c "exec 3<>/dev/tcp/192.0.2.1/$1" 2>/dev/null; }

stop() {
	kill "$inside"
	wait "$container" || fail "the container ends with status $?: $(tail -5 "$work/log")"
	container=
}

# eventually WHAT COMMAND…: it succeeds within 30 seconds.
eventually() {
	local i
	for i in $(seq 150); do
		if "${@:2}" >"$work/eventually" 2>&1; then
			return
		fi
		sleep 0.2
	done
	fail "not true after $((i / 5)) s: $1: $(cat "$work/eventually" "$work/log" 2>/dev/null)"
}

echo "== as it is"
start -- "${run[@]}"
eventually "the container is healthy" within "${check[@]}"
said=$(within "$entrypoint" --version)
[[ $said == *" $version "* ]] || fail "the label says $version, and the gateway $said"
outside curl -fsS http://192.0.2.1:9091/metrics >"$work/metrics"
grep -qF "version=\"$version\"" "$work/metrics" || fail "the metrics do not say the version"
answers 2775 || fail "ESMEs do not reach the container"
for port in 9090 8080; do
	! answers "$port" || fail "port $port asks for no credential, and others reach it"
done
within "$entrypoint" demo --once >"$work/demo" 2>&1 || fail "the demo does not run in the image: $(tail -3 "$work/demo")"
kill -STOP "$inside"
! within "${check[@]}" 2>/dev/null || fail "a gateway that stands still is called healthy"
kill -CONT "$inside"
stop

echo "== the health check follows variables and flags"
start READBACK_OPS_ADDR=127.0.0.1:9990 -- "${run[@]}"
eventually "healthy, with ops.addr by a variable" within "${check[@]}"
stop
start -- "${run[@]}" --set ops.addr=127.0.0.1:9991
eventually "healthy, with ops.addr by a flag" within "${check[@]}"
stop
sed 's/127.0.0.1:9090/127.0.0.1:9992/' "$root/etc/readback/readback.yaml" >"$root/etc/readback/other.yaml"
start -- "${run[@]}" --config /etc/readback/other.yaml
eventually "healthy, with another file" within "${check[@]}"
stop

echo "the image runs (${SECONDS}s)"
