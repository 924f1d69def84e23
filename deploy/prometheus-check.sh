#!/usr/bin/env bash
# Checks and tests the rules for Prometheus, and checks what the dashboard asks for, with Debian's promtool.
set -euo pipefail
cd "$(dirname "$0")/prometheus"

if ! command -v promtool >/dev/null || ! command -v jq >/dev/null; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus jq >/dev/null
fi

promtool check rules alerts.yaml
promtool test rules alerts_test.yaml

# Grafana puts in values for these.
dashboard=$(mktemp -d)
trap 'rm -r "$dashboard"' EXIT
jq '{groups: [{name: "dashboard", rules: [[.. | .expr? // empty] | to_entries[]
	| {record: "panel:\(.key)", expr: (.value | gsub("\\$__rate_interval"; "5m") | gsub("\\$instance"; ".*"))}]}]}' \
	../grafana/readback.json >"$dashboard/dashboard.yaml"
promtool check rules "$dashboard/dashboard.yaml"

# A rule that never fires must fail the test.
broken=$(mktemp -d)
trap 'rm -r "$dashboard" "$broken"' EXIT
sed 's/readback_ledger_down == 1/readback_ledger_down == 2/' alerts.yaml >"$broken/alerts.yaml"
cp alerts_test.yaml "$broken"
if promtool test rules "$broken/alerts_test.yaml" >/dev/null 2>&1; then
	echo "prometheus-check.sh: a rule that never fires passes: the check is broken" >&2
	exit 1
fi
