#!/usr/bin/env bash
# Checks compose.yaml without a container engine: the loader of Compose takes it, what it mounts is there, and its
# gateway, simulators and Prometheus run together by their own commands and files, in a network of their own.
# Grafana is not there to run; its files are read.
set -euo pipefail
trap 'echo "$(basename "$0"): line $LINENO failed" >&2' ERR
cd "$(dirname "$0")/.."

fail() {
	echo "compose-check.sh: $1" >&2
	exit 1
}

if [ -z "${COMPOSE_CHECK:-}" ]; then
	for command in prometheus promtool jq ip curl; do
		if ! command -v "$command" >/dev/null; then
			apt-get update -qq
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus jq iproute2 curl >/dev/null
			break
		fi
	done
	work=$(mktemp -d)
	GOFLAGS='' GOBIN=$work go install github.com/compose-spec/compose-go/v2/cmd@v2.16.1 # the program is called cmd
	CGO_ENABLED=0 go build -trimpath -o "$work/readback" ./cmd/readback
	if unshare --net --mount true 2>/dev/null; then
		COMPOSE_CHECK=$work exec unshare --net --mount -- "$0"
	fi
	COMPOSE_CHECK=$work COMPOSE_ONLY_READ=1 exec "$0"
fi
work=$COMPOSE_CHECK
pids=()
cleanup() {
	[ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null || true
	wait
	rm -rf "$work"
}
trap cleanup EXIT

"$work/cmd" -format json compose.yaml >"$work/compose.json" || fail "the loader of Compose does not take compose.yaml"
sed 's/stop_grace_period/stop_grace_time/' compose.yaml >"$work/broken.yaml"
! "$work/cmd" "$work/broken.yaml" >/dev/null 2>&1 || fail "the loader takes an unknown key: the check is broken"
ask() { jq -er "$@" "$work/compose.json"; }

for source in $(ask '.services[].volumes[]? | select(.type == "bind") | .source'); do
	[ -e "$source" ] || fail "$source, which compose.yaml mounts, is not there"
done

# host SERVICE PATH prints what compose.yaml mounts there.
# shellcheck disable=SC2016 # variables of jq
host() { ask --arg s "$1" --arg p "$2" '.services[$s].volumes[] | select(.target == $p) | .source'; }

# arguments SERVICE prints the command of a service, one argument a line.
# shellcheck disable=SC2016
arguments() { ask --arg s "$1" '.services[$s].command // ["serve"] | .[]'; }

# eventually WHAT COMMAND…: it succeeds within 30 seconds.
eventually() {
	local i
	for i in $(seq 150); do
		if "${@:2}" >"$work/eventually" 2>&1; then
			return
		fi
		sleep 0.2
	done
	tail -n 5 "$work"/*.log "$work/eventually"
	fail "not true after $((i / 5)) s: $1"
}

if [ -n "${COMPOSE_ONLY_READ:-}" ]; then
	echo "compose-check.sh: NOT RUN, since this machine gives no namespaces: compose.yaml was read, and its services were not run" >&2
	exit 0
fi

# Each service has its name, as in the network of a project.
ip link set lo up
cp /etc/hosts "$work/hosts"
for service in $(ask '.services | keys[]'); do
	echo "127.0.0.1 $service" >>"$work/hosts"
done
mount --bind "$work/hosts" /etc/hosts

# start SERVICE [NAME=VALUE…] runs the gateway's program with the command of a service.
start() {
	local command
	mapfile -t command < <(arguments "$1")
	env "${@:2}" "$work/readback" "${command[@]}" >"$work/$1.log" 2>&1 &
	pids+=($!)
}

config=$(host readback /etc/readback/readback.yaml)
"$work/readback" check --config "$config"
start smsc
mapfile -t check < <(ask '.services.smsc.healthcheck.test[2:][]')
eventually "the simulator is healthy" "$work/readback" "${check[@]}"
start readback READBACK_CONFIG="$config" READBACK_RELAY_STORE="$work/store"
eventually "the gateway is ready" "$work/readback" health --ready --config "$config"
start esme
eventually "the ESME's messages have numbers" sh -c "curl -fsS http://127.0.0.1:9091/metrics | grep 'readback_submits_total.*esme' | grep -qv ' 0$'"

"$work/readback" sim esme --addr readback:2775 --text "Your table is booked" --stay >"$work/person.log" 2>&1 &
pids+=($!)
open() { "$work/readback" sim handset --control http://127.0.0.1:9092 --receiver 447700900101 --open 1; }
eventually "the receiver opens the message" open
eventually "the ESME learns that it was read" grep -q status:1 "$work/person.log"

file=$(host prometheus /etc/prometheus/prometheus.yml)
rules=$(host prometheus /etc/prometheus/alerts.yaml)
sed "s,/etc/prometheus/alerts.yaml,$rules," "$file" >"$work/prometheus.yml"
promtool check config "$work/prometheus.yml"
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" --web.listen-address=127.0.0.1:9099 >"$work/prometheus.log" 2>&1 &
pids+=($!)
prometheus() { curl -fsS "http://127.0.0.1:9099/api/v1/$1"; }
scraped() { prometheus "query?query=up%7Bjob=%22readback%22%7D" | jq -e '.data.result[0].value[1] == "1"'; }
eventually "Prometheus scrapes the gateway" scraped
prometheus rules | jq -e '.data.groups[0].rules | length > 10' >/dev/null || fail "Prometheus has no rules"

for mount in /etc/grafana/provisioning/datasources /etc/grafana/provisioning/dashboards; do
	grep -qx 'apiVersion: 1' "$(host grafana $mount)"/*.yaml || fail "$mount has nothing that Grafana reads"
done
dashboards=$(sed -n 's/^ *path: //p' "$(host grafana /etc/grafana/provisioning/dashboards)/readback.yaml")
home=$(ask '.services.grafana.environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH')
[ "$(dirname "$home")" = "$dashboards" ] || fail "the first dashboard is not in $dashboards"
jq -e .title "$(host grafana "$dashboards")/$(basename "$home")" >/dev/null || fail "there is no dashboard"
grep -q '^ *url: http://prometheus:9090$' "$(host grafana /etc/grafana/provisioning/datasources)/prometheus.yaml" || fail "Grafana asks somewhere else"

echo "compose.yaml is right (${SECONDS}s)"
