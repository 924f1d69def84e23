package crash

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"
)

// plantedPanic is found in the stack.
func plantedPanic() { panic("planted") }

// whoever recovers further out is not asked.
func forgiving() {
	defer func() { _ = recover() }()
	func() {
		defer OnPanic()
		plantedPanic()
	}()
}

func TestOnPanic(t *testing.T) {
	if os.Getenv("CRASH_TEST") != "" {
		forgiving()
		return // and pass, which is wrong
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOnPanic$")
	cmd.Env = append(os.Environ(), "CRASH_TEST=1")
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != Status {
		t.Errorf("end of the process: got %v, want status %d\n%s", err, Status, out)
	}
	for _, want := range []string{"panic: planted", "plantedPanic", "shared state"} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("standard error: got\n%s\nwant %q in it", out, want)
		}
	}
}

func TestNoPanic(t *testing.T) {
	func() { defer OnPanic() }() // goes on
}
