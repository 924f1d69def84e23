#!/usr/bin/env bash
# Lints the Helm chart, renders it with the values in its ci folder, and checks what comes out: the gateway accepts
# the configuration, and ports, probes, services and volumes fit together. Values that are wrong must be refused.
set -euo pipefail
trap 'echo "$(basename "$0"): line $LINENO failed" >&2' ERR
cd "$(dirname "$0")/.."
chart=deploy/helm/readback

fail() {
	echo "chart-check.sh: $1" >&2
	exit 1
}

if ! python3 -c 'import yaml' 2>/dev/null || ! command -v openssl >/dev/null; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-yaml openssl >/dev/null
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
GOFLAGS='' GOBIN=$work go install helm.sh/helm/v3/cmd/helm@v3.19.5
CGO_ENABLED=0 go build -trimpath -o "$work/readback" ./cmd/readback
helm() { HELM_CACHE_HOME=$work HELM_CONFIG_HOME=$work HELM_DATA_HOME=$work "$work/helm" "$@"; }
render() { helm template gw "$chart" --namespace sms --kube-version 1.31.0 "$@"; }

# The files that the values name, for readback check.
files=/etc/readback-files
[ ! -e "$files" ] || fail "$files is on this machine already"
trap 'rm -rf "$work" "$files"' EXIT
mkdir -p "$files/tls" "$files/smsc"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=gw.example -days 2 \
	-keyout "$files/tls/tls.key" -out "$files/tls/tls.crt" 2>/dev/null
echo secret >"$files/smsc/password"
chmod 600 "$files"/*/*

for values in "$chart"/ci/*.yaml; do
	echo "== $values"
	helm lint --strict "$chart" -f "$values"
	render -f "$values" >"$work/rendered.yaml"
	python3 deploy/helm/check.py "$work/rendered.yaml" "$work/readback.yaml"
	"$work/readback" check --config "$work/readback.yaml"
done

# refuses VALUE SAYS: the chart is not rendered with --set VALUE, and says why.
refuses() {
	if render -f "$chart/ci/least.yaml" --set "$1" >"$work/said" 2>&1; then
		fail "the chart takes $1"
	fi
	grep -q -- "$2" "$work/said" || fail "$1: $(cat "$work/said")"
}
refuses 'config.smsc.addr=' 'config.smsc.addr is needed'
refuses 'relicas=2' "relicas"
refuses 'config.listen.addr=127.0.0.1:2775' 'listen'
refuses 'config.relay.store=/tmp/store' 'store'
refuses 'persistence.size=lots' 'size'
refuses 'env[0].name=HOME' 'env'

# The check itself must notice a service without its port.
sed 's/targetPort: metrics/targetPort: metrix/' "$work/rendered.yaml" >"$work/broken.yaml"
if python3 deploy/helm/check.py "$work/broken.yaml" "$work/readback.yaml" 2>/dev/null; then
	fail "a service for a port that is not there passes: the check is broken"
fi
echo "the chart is right (${SECONDS}s)"
