#!/usr/bin/env bash
# fuzz.sh [TIME [PACKAGE…]] runs the fuzz targets of the packages (all of the project)
# one after the other, each for a time (60s) or a number of executions (3000x). It goes
# on after a failure, and lists at the end what failed and with which input. It fails if
# anything did, or if there is no target at all.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:-60s}
packages=("${@:2}")
[ "${#packages[@]}" -gt 0 ] || packages=(./...)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT # go test takes an interrupt for the end of its time
log=$work/log

total=0
failed=() # a line for each failure

# The conditions below are not under set -e: each function says by its last command
# what became of it.

# fuzz PACKAGE TARGET: what is skipped has not been fuzzed.
fuzz() {
	go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -fuzzminimizetime 1s -parallel 2 "$1" \
		</dev/null >"$log" 2>&1 && grep -q '^fuzz: elapsed: ' "$log"
}

# is_false_alarm: go test may report the end of its own time as a failure. Then it says
# nothing else; in particular it was not about to minimize a failing input.
is_false_alarm() {
	[[ $time != *x ]] && grep -qx '    context deadline exceeded' "$log" &&
		! grep -qvE '^(fuzz: elapsed: .*|--- FAIL: Fuzz[^ ]* \([0-9.]+s\)|    context deadline exceeded|FAIL|exit status 1|FAIL[[:space:]][^ ]*[0-9.]+s)$' "$log"
}

# input DIR: where the log says the failing input is.
input() {
	local line found="none; see above"
	while read -r line; do
		case $line in
		"Failing input written to "*) found=${1#"$PWD"/}/${line#"Failing input written to "} ;;
		"failure while testing seed corpus entry: "*) found=${line#"failure while testing seed corpus entry: "} ;;
		esac
	done <"$log"
	echo "$found"
}

# run PACKAGE DIR TARGET
run() {
	local tries=3
	echo "== $1 $3"
	total=$((total + 1))
	until fuzz "$1" "$3"; do
		cat "$log"
		tries=$((tries - 1))
		if [ "$tries" = 0 ] || ! is_false_alarm; then
			failed+=("$1 $3: input $(input "$2")")
			return
		fi
		echo "== again: that was only the end of the time"
	done
	tail -n 1 "$log"
}

go list -f '{{.ImportPath}} {{.Dir}}' "${packages[@]}" >"$work/packages"
while read -r package dir; do
	if ! go test -list '^Fuzz' "$package" </dev/null >"$work/targets" 2>&1; then
		echo "== $package"
		cat "$work/targets"
		failed+=("$package: its targets cannot be listed")
		continue
	fi
	while read -r target; do
		if [[ $target == Fuzz* ]]; then
			run "$package" "$dir" "$target"
		fi
	done <"$work/targets"
done <"$work/packages"

echo "== $total targets, ${#failed[@]} failures"
if [ "${#failed[@]}" -gt 0 ]; then
	printf 'failed: %s\n' "${failed[@]}" >&2
	exit 1
fi
if [ "$total" = 0 ]; then
	echo "fuzz.sh: no targets in ${packages[*]}" >&2
	exit 1
fi
