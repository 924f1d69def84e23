#!/usr/bin/env bash
# Looks for known vulnerabilities in what the gateway is built of, and fails if its code reaches one. Without
# the database (GOVULNDB, https://vuln.go.dev) it says so and checks nothing. deploy/vulndb is a database with
# one planted entry, which must be found.
set -euo pipefail
cd "$(dirname "$0")/.."

tool=$(mktemp -d)
trap 'rm -r "$tool"' EXIT
GOFLAGS='' GOBIN=$tool go install golang.org/x/vuln/cmd/govulncheck@v1.9.0

found=0
"$tool/govulncheck" -db "file://$PWD/deploy/vulndb" -scan package ./cmd/readback >"$tool/out" || found=$?
if [ "$found" != 3 ] || ! grep -q GO-2000-0001 "$tool/out"; then
	cat "$tool/out"
	echo "vulncheck.sh: the planted vulnerability is not found (status $found): the check is broken" >&2
	exit 1
fi

database=${GOVULNDB:-https://vuln.go.dev}
if ! curl -fsS --max-time 30 -o /dev/null "$database/index/db.json"; then
	echo "vulncheck.sh: skipped, $database cannot be reached"
	exit 0
fi
"$tool/govulncheck" -db "$database" ./...
