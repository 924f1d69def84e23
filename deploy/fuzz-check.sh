#!/usr/bin/env bash
# fuzz-check.sh checks that fuzz.sh fails when it has to: it plants what must fail, one
# thing after the other and in every kind of place, into a copy of the project.
set -euo pipefail
cd "$(dirname "$0")/.."

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/project" "$copy/bin"
tar -c --exclude=./.git --exclude=./bin --exclude=node_modules . | tar -x -C "$copy/project"
cd "$copy/project"
export PATH=$copy/bin:$PATH # where a go of our own may stand

output=$copy/output
missed=0

wrong() {
	echo "fuzz-check.sh: $1" >&2
	cat "$output" >&2
	missed=$((missed + 1))
}

# says NAME PATTERN: fuzz.sh has printed such a line.
says() {
	grep -qE "$2" "$output" || wrong "$1: fuzz.sh does not say $2"
}

# passes NAME PATTERN TIME PACKAGE…
passes() {
	echo "passes: $1 (${SECONDS}s)"
	./deploy/fuzz.sh "${@:3}" >"$output" 2>&1 || wrong "$1: fuzz.sh fails, and should pass"
	says "$1" "$2"
}

# fails NAME PATTERN TIME PACKAGE…
fails() {
	echo "fails: $1 (${SECONDS}s)"
	! ./deploy/fuzz.sh "${@:3}" >"$output" 2>&1 || wrong "$1: fuzz.sh passes, and should fail"
	says "$1" "$2"
}

# plant FILE NAME BODY: writes a file with a target that has one seed.
plant() {
	local dir=${1%/*}
	cat >"$1" <<-END
		package ${dir##*/}

		import "testing"

		func $2(f *testing.F) {
			f.Add([]byte("seed"))
			f.Fuzz(func(t *testing.T, b []byte) {
				$3
			})
		}
	END
}

# Two packages, so that something comes after what fails. go test lists the targets of a
# package in the order of its files.
one=internal/fuzzone two=internal/fuzztwo none=internal/kept
mkdir "$one" "$two"
plant "$one/b_test.go" FuzzFirst '_ = b'
plant "$one/d_test.go" FuzzSecond '_ = b'
plant "$two/b_test.go" FuzzLast '_ = b'
all=("./$none" "./$one" "./$two")
if grep -q '^func Fuzz' "$none"/*_test.go; then
	echo "fuzz-check.sh: $none has a target; choose another package that has none" >&2
	exit 1
fi

seed='if string(b) == "seed" { t.Error("a seed fails") }'
found='if len(b) != 4 { t.Error("found by fuzzing") }'

passes "all is well" '^== 3 targets, 0 failures$' 100x "${all[@]}"
fails "no target" 'no targets' 100x "./$none"
fails "no such package" 'nowhere' 100x ./internal/nowhere "./$two"

for file in "$one/a_test.go" "$one/c_test.go" "$one/e_test.go" "$none/a_test.go"; do
	plant "$file" FuzzPlanted "$seed"
	fails "a seed, $file" "^failed: readback/${file%/*} FuzzPlanted: input FuzzPlanted/seed#0$" 100x "${all[@]}"
	says "a seed, $file" '^== 4 targets, 1 failures$'
	rm "$file"
done

for file in "$one/a_test.go" "$none/a_test.go"; do
	plant "$file" FuzzPlanted "$found"
	fails "found by fuzzing, $file" "^failed: readback/${file%/*} FuzzPlanted: input ${file%/*}/testdata/fuzz/FuzzPlanted/" 3000x "${all[@]}"
	says "found by fuzzing, $file" '^== 4 targets, 1 failures$'
	plant "$file" FuzzPlanted 'if len(b) == 4 { return }; '"$found"
	fails "an input that was kept, $file" "^failed: readback/${file%/*} FuzzPlanted: input FuzzPlanted/[0-9a-f]+$" 100x "${all[@]}"
	rm -rf "$file" "${file%/*}/testdata/fuzz"
done

for file in "$one/a_test.go" "$none/a_test.go" "$one/a.go"; do
	plant "$file" FuzzPlanted 'undefined(b)'
	fails "does not compile, $file" "^failed: readback/${file%/*}: its targets cannot be listed$" 100x "${all[@]}"
	says "does not compile, $file" 'FuzzLast$'
	rm "$file"
done
echo 'package' >"$one/a.go"
fails "cannot be parsed" 'expected' 100x "${all[@]}"
rm "$one/a.go"

plant "$one/a_test.go" FuzzPlanted '_ = b'
sed -i 's/f.Add.*/f.Skip()/' "$one/a_test.go"
fails "is not fuzzed" '^failed: readback/internal/fuzzone FuzzPlanted: input none' 100x "${all[@]}"
rm "$one/a_test.go"

# A go that takes the end of the time for a failure, the first MANY times, and SAYS more.
alarm() { # MANY SAYS
	echo "$1" >"$copy/alarms"
	cat >"$copy/bin/go" <<-END
		#!/usr/bin/env bash
		read -r left <"$copy/alarms"
		if [[ \$* != *" -fuzz "* || \$left = 0 ]]; then
			PATH=\${PATH#*:} exec go "\$@"
		fi
		echo \$((left - 1)) >"$copy/alarms"
		printf '%s\n' "fuzz: elapsed: 1s, execs: 9 (9/sec), new interesting: 0 (total: 1)" \
			"--- FAIL: FuzzLast (1.02s)" "    context deadline exceeded" ${2:+"$2"} \
			FAIL "exit status 1" $'FAIL\treadback/internal/fuzztwo\t1.024s'
		exit 1
	END
	chmod +x "$copy/bin/go"
}
alarm 1
passes "the end of the time, once" '^== 1 targets, 0 failures$' 1s "./$two"
alarm 9
fails "the end of the time, always" '^== 1 targets, 1 failures$' 1s "./$two"
alarm 1
fails "the end of the time, where none is set" '^== 1 targets, 1 failures$' 100x "./$two"
alarm 1 '"fuzz: minimizing 5-byte failing input file"'
fails "the end of the time, with an input" '^== 1 targets, 1 failures$' 1s "./$two"

if [ "$missed" -gt 0 ]; then
	echo "fuzz-check.sh: $missed of the above are wrong" >&2
	exit 1
fi
echo "fuzz.sh fails when it has to (${SECONDS}s)"
