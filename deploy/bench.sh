#!/usr/bin/env bash
# bench.sh runs the benchmarks of this tree and of an earlier one, and compares them with
# benchstat. The two take turns, so that a machine that is slower for a while slows both.
#
#   BASE       what to compare with, as git names it: by default the last tag before this
#              commit; without tags, where the branch left main, or the commit before.
#              BASE= (empty) compares with nothing, and only runs the benchmarks.
#   COUNT      rounds: 6
#   BENCHTIME  of each benchmark, as go test -benchtime has it: 1s
#   BENCH      regexp of the benchmarks: all
#   OUT        directory for base.txt and new.txt: a temporary one
set -euo pipefail
cd "$(dirname "$0")/.."

count=${COUNT:-6}
benchtime=${BENCHTIME:-1s}
bench=${BENCH:-.}
benchstat=golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

fail() {
	echo "bench.sh: $1" >&2
	exit 1
}

# previous prints the release before this commit, or what comes closest.
previous() {
	local fork
	git describe --tags --abbrev=0 HEAD^ 2>/dev/null && return
	fork=$(git merge-base HEAD main 2>/dev/null || true)
	if [ -n "$fork" ] && [ "$fork" != "$(git rev-parse HEAD)" ]; then
		echo "$fork"
	else
		git rev-parse --verify --quiet HEAD^ || fail "this commit has none before it: name one by BASE"
	fi
}

base=${BASE-$(previous)}
work=$(mktemp -d)
out=${OUT:-$work}
mkdir -p "$out"
tree=$work/base # of the base
cleanup() {
	[ ! -d "$tree" ] || git worktree remove --force "$tree"
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# packages lists the directories with benchmarks.
packages() { grep -rl --include='*_test.go' '^func Benchmark' . | xargs -n1 dirname | sort -u; }

# build TREE NAME builds the test programs of a tree.
build() {
	local package
	mkdir -p "$work/$2"
	(
		cd "$1"
		for package in $(packages); do
			go test -c -o "$work/$2/$(tr / _ <<<"${package#./}").test" "$package"
		done
	)
}

# run TREE NAME runs the benchmarks of a tree once, each in its directory.
run() {
	local package
	for package in $(cd "$1" && packages); do
		(
			cd "$1/$package"
			"$work/$2/$(tr / _ <<<"${package#./}").test" -test.run '^$' -test.bench "$bench" -test.benchmem -test.benchtime "$benchtime"
		)
	done
}

if [ -n "$base" ]; then
	git worktree add --quiet --detach "$tree" "$base" || fail "BASE=$base is no commit"
	echo "base: $(git -C "$tree" log -1 --format='%h %s')"
	build "$tree" base
fi
build . new
for round in $(seq "$count"); do
	echo "round $round of $count"
	[ -z "$base" ] || run "$tree" base >>"$out/base.txt"
	run . new | tee -a "$out/new.txt" | { [ -z "$base" ] && cat || cat >/dev/null; }
done
[ -z "$base" ] || (cd "$work" && GOFLAGS= go run "$benchstat" base="$(realpath "$out/base.txt")" new="$(realpath "$out/new.txt")")
