package account

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"readback/internal/crash"
)

// A panic with a lock held that all links need ends the process: they would wait for ever.
func TestPanicInSharedState(t *testing.T) {
	if os.Getenv("READBACK_TEST_PANIC") != "" {
		new(Usages).Enter("bank", Limits{}) // which has no map
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPanicInSharedState$")
	cmd.Env = append(os.Environ(), "READBACK_TEST_PANIC=1")
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != crash.Status {
		t.Errorf("end of the process: got %v, want status %d", err, crash.Status)
	}
	if !strings.Contains(string(out), "(*Usages).Enter") {
		t.Errorf("standard error: got\n%s\nwant the stack", out)
	}
}
