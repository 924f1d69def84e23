package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tiny is a module with a test for most of what it does.
var tiny = map[string]string{
	"go.mod": "module tiny\n\ngo 1.25\n",
	"tiny.go": `package tiny

func Add(a, b int) int { return a + b }

func Sub(a, b int) int { return a - b }

func Untested(n int) int { return n + 1 }

func Wait(enough bool) {
	for !enough {
		enough = true
	}
}
`,
	"tiny_test.go": `package tiny

import (
	"os"
	"testing"
)

func TestAdd(t *testing.T) {
	if got := Add(1, 2); got != 3 {
		t.Errorf("got %d, want 3", got)
	}
}

func TestSub(t *testing.T) {
	if got := Sub(3, 2); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
}

func TestWait(t *testing.T) {
	if name := os.Getenv("TINY_STARTED"); name != "" {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	Wait(false)
}

func TestOther(t *testing.T) {}
`,
	"edits/tiny.txt": tinyEdit("add", "a + b", "a * b", "TestAdd") +
		tinyEdit("sub", "a - b", "a * b", "TestOther") +
		tinyEdit("untested", "n + 1", "n + 2", "TestOther|TestNotThere") +
		tinyEdit("unbuilt", "n + 1", `n + "1"`, "TestAdd") +
		tinyEdit("endless", "enough = true", "enough = false", "TestWait"),
}

func tinyEdit(id, before, after, test string) string {
	return fmt.Sprintf("== %s: what it is\nfile: tiny.go\ntest: %s\n<<<<\n%s\n====\n%s\n>>>>\n", id, test, before, after)
}

// tinyOptions makes the module and returns options that plant the faults of run.
func tinyOptions(t *testing.T, run string) options {
	t.Helper()
	root := t.TempDir()
	writeFiles(t, root, tiny)
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "")
	return options{root: root, edits: "edits", run: run, parallel: 2}
}

func TestParseFlags(t *testing.T) {
	tests := []struct {
		name string
		args string
		want options
		err  string // in what is printed
	}{
		{"none", "", options{".", editsDir, "", 2, 0}, ""},
		{"all", "-run a|b -parallel 3 -timeout 1m", options{".", editsDir, "a|b", 3, time.Minute}, ""},
		{"empty regexp", "-run=", options{".", editsDir, "", 2, 0}, ""},
		{"help", "--help", options{}, usage},
		{"unknown flag", "-fast", options{}, "flag provided but not defined: -fast"},
		{"argument", "a", options{}, usage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			got, err := parseFlags(strings.Fields(tt.args), &out)
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if (err != nil) != (tt.err != "") || !strings.Contains(out.String(), tt.err) {
				t.Errorf("got error %v, printed %q; want %q", err, &out, tt.err)
			}
		})
	}
}

func TestMutate(t *testing.T) {
	o := tinyOptions(t, "add|sub|untested|unbuilt")
	o.timeout = time.Hour
	var out strings.Builder
	if got, want := mutate(t.Context(), o, &out), exitSurvived; got != want {
		t.Errorf("exit code: got %d, want %d", got, want)
	}
	for _, want := range []string{
		`\./\. passes without a fault`,
		`\d of 4 .* s  caught  +add  TestAdd\n`,
		`\d of 4 .* s  caught, stale  +sub  TestSub\n`,
		`\d of 4 .* s  SURVIVED  +untested  \n`,
		`\d of 4 .* s  DOES NOT BUILD  +unbuilt  \n`,
		`package +planted +caught +of these hang +of these stale +survived +do not build\n`,
		`\./\. +4 +2 +0 +1 +1 +1\nall +4 +2 +0 +1 +1 +1\n`,
		`survived: .*\n  edits/tiny\.txt:17: untested: what it is\n`,
		`do not build: .*\n  edits/tiny\.txt:25: unbuilt: what it is\n(?s:.*)tiny\.go:7:`,
		`stale: .*\n  edits/tiny\.txt:9: sub: what it is\n    test: TestOther, but failed: TestSub\n`,
	} {
		if !regexp.MustCompile(want).MatchString(filepath.ToSlash(out.String())) {
			t.Errorf("the output has no %q", want)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

func TestMutateCaught(t *testing.T) {
	o := tinyOptions(t, "^endless$")
	o.timeout = 200 * time.Millisecond
	var out strings.Builder
	if got, want := mutate(t.Context(), o, &out), exitCaught; got != want {
		t.Errorf("exit code: got %d, want %d", got, want)
	}
	if want := "caught, hangs"; !strings.Contains(out.String(), want) {
		t.Errorf("got\n%s\nwant %q in it", &out, want)
	}
}

func TestMutateRefuses(t *testing.T) {
	tests := []struct {
		name string
		run  string
		file string // changed in the module
		text string
		want string
	}{
		{"not a regexp", "(", "", "", "-run: error parsing regexp"},
		{"nothing selected", "other", "", "", `no fault is selected: -run "other", 5 edits in edits`},
		{"moved code", "add", "tiny.go", "package tiny\n", "edits/tiny.txt:1: add: tiny.go has this text 0 times"},
		{"malformed edit", "add", "edits/b.txt", "hm\n", "edits/b.txt:1: want"},
		{
			"tests that fail anyway", "add", "other_test.go",
			"package tiny\n\nimport \"testing\"\n\nfunc TestFails(t *testing.T) { t.Fail() }\n",
			"./. fails without a fault:\n--- FAIL: TestFails",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := tinyOptions(t, tt.run)
			if tt.file != "" {
				writeFiles(t, o.root, map[string]string{tt.file: tt.text})
			}
			var out strings.Builder
			if got, want := mutate(t.Context(), o, &out), exitUsage; got != want {
				t.Errorf("exit code: got %d, want %d", got, want)
			}
			if !strings.HasPrefix(filepath.ToSlash(out.String()), tt.want) {
				t.Errorf("got\n%s\nwant %q", &out, tt.want)
			}
		})
	}
}

// An interruption ends the tests that run, at once.
func TestMutateInterrupted(t *testing.T) {
	o := tinyOptions(t, "endless")
	o.timeout = time.Hour
	started := filepath.Join(o.root, "started")
	if err := syscall.Mkfifo(started, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TINY_STARTED", started)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out strings.Builder
	code := make(chan int, 1)
	go func() { code <- mutate(ctx, o, &out) }()

	awaitEnd(t, started, func() {}) // the tests without a fault
	awaitEnd(t, started, cancel)    // the tests with it, which do not end by themselves
	if got, want := <-code, exitInterrupted; got != want {
		t.Errorf("exit code: got %d, want %d", got, want)
	}
	if want := "interrupted: 0 of 1 faults were tested"; !strings.Contains(out.String(), want) {
		t.Errorf("got\n%s\nwant %q in it", &out, want)
	}
}

// awaitEnd waits until a process has opened the pipe, calls then, and waits until
// the process has closed the pipe or is gone.
func awaitEnd(t *testing.T, pipe string, then func()) {
	t.Helper()
	f, err := os.Open(pipe)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	then()
	if _, err := io.ReadAll(f); err != nil {
		t.Fatal(err)
	}
}
