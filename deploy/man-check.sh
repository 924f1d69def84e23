#!/usr/bin/env bash
# Writes the man pages and the completions, and has man and the shells read them: neither may have anything to
# say. A page and a script with a planted fault must be noticed.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v man >/dev/null || ! command -v groff >/dev/null || ! command -v zsh >/dev/null || ! command -v fish >/dev/null; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends man-db groff-base zsh fish >/dev/null
fi

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
mkdir "$work/man"
CGO_ENABLED=0 go build -trimpath -o "$work/readback" ./cmd/readback
"$work/readback" man "$work/man"

# warnings PAGE prints what groff says of a page.
warnings() {
	{ LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$1" >/dev/null; } 2>&1
}

pages=0
for page in "$work"/man/*; do
	said=$(warnings "$page")
	if [ -n "$said" ]; then
		echo "man-check.sh: $page: $said" >&2
		exit 1
	fi
	pages=$((pages + 1))
done
if [ "$pages" -lt 20 ]; then
	echo "man-check.sh: $pages man pages, want one for each command" >&2
	exit 1
fi

for shell in bash zsh fish; do
	"$work/readback" completion "$shell" >"$work/completion.$shell"
	"$shell" -n "$work/completion.$shell"
	echo "if (" >"$work/broken"
	if "$shell" -n "$work/broken" 2>/dev/null; then
		echo "man-check.sh: $shell reads a broken script: the check is broken" >&2
		exit 1
	fi
done

cp "$work/man/readback.1" "$work/broken"
echo '.nosuchrequest' >>"$work/broken"
if [ -z "$(warnings "$work/broken")" ]; then
	echo "man-check.sh: man says nothing of a broken page: the check is broken" >&2
	exit 1
fi
echo "$pages man pages and the completions of bash, zsh and fish are right"
