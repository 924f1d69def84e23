#!/usr/bin/env bash
# Checks the documents of the APIs with Spectral.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v npm >/dev/null; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
fi
tools=${API_TOOLS:-$HOME/.cache/readback-api-tools}
if [ ! -x "$tools/node_modules/.bin/spectral" ]; then
	npm install --silent --no-audit --no-fund --prefix "$tools" @stoplight/spectral-cli@6.16.3
fi
spectral=$tools/node_modules/.bin/spectral

shopt -s nullglob
"$spectral" lint --fail-severity=warn --ruleset docs/.spectral.yaml docs/openapi*.yaml docs/asyncapi*.yaml

# A document with a fault must fail the check.
broken=$(mktemp -d)
trap 'rm -r "$broken"' EXIT
cp docs/.spectral.yaml "$broken"
sed 's/operationId: status$/operationId: accounts/' docs/openapi.yaml >"$broken/openapi.yaml"
if "$spectral" lint --fail-severity=warn --ruleset "$broken/.spectral.yaml" "$broken/openapi.yaml" >/dev/null 2>&1; then
	echo "api-check.sh: an operationId that is there twice passes: the check is broken" >&2
	exit 1
fi
