#!/bin/sh
# Runs every fuzz target of the project, one after the other, for a time (60s) or a
# number of executions (3000x) each.
set -eu
time=${1:-60s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
go list ./... | while read -r package; do
	go test -list '^Fuzz' "$package" | grep '^Fuzz' | while read -r target; do
		echo "== $package $target"
		if go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 1s -parallel 2 "$package" </dev/null >"$log" 2>&1; then
			tail -n 1 "$log"
			continue
		fi
		cat "$log"
		# go test may report the end of its own time as a failure, without an input.
		grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input' "$log"
	done
done
