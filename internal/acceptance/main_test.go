//go:build e2e

package acceptance

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"readback/internal/testpeer"
)

// program is the program under test; TestMain builds it.
var program string

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run builds the program and runs the tests.
func run(m *testing.M) int {
	useMemory()
	_ = os.Unsetenv(fullVariable) // the gateway would take it for a setting
	dir, err := os.MkdirTemp("", "readback-acceptance")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // of the system's own temporary files
	program = filepath.Join(dir, "readback")
	if out, err := exec.Command("go", "build", "-o", program, "readback/cmd/readback").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	raiseFiles()
	return m.Run()
}

// useMemory keeps the stores in memory, unless TMPDIR says where: a kill takes nothing
// from files there, and a disk that others keep busy for seconds is not what is tested.
func useMemory() {
	const memory, needed = "/dev/shm", 1 << 30
	var fs syscall.Statfs_t
	if os.Getenv("TMPDIR") == "" && syscall.Statfs(memory, &fs) == nil && fs.Bavail*uint64(fs.Bsize) > needed {
		_ = os.Setenv("TMPDIR", memory) // the disk will do as well
	}
}

// raiseFiles lets this process, and those that it starts, have as many files open as
// the system allows. What is missing shows in the tests that need it.
func raiseFiles() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
}

const fullVariable = "READBACK_FULL"

// full reports whether the sizes are those of the promises.
var full = os.Getenv(fullVariable) == "1"

// size is n, or a tenth of it in the short form.
func size(n int) int {
	if full {
		return n
	}
	return n / 10
}

// patience bounds each test; the longest takes some 3 minutes in its full form.
const patience = 10 * time.Minute

// within returns the context of a test.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeoutCause(t.Context(), patience, fmt.Errorf("nothing for %v", patience))
	t.Cleanup(cancel)
	return ctx
}

// listen opens a listener at addr, a free port of the loopback if it is empty.
func listen(t *testing.T, addr string) net.Listener {
	t.Helper()
	if addr == "" {
		return testpeer.Listen(t)
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// freeAddr is an address where nobody listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	ln := listen(t, "")
	defer func() { _ = ln.Close() }() // it served nobody
	return ln.Addr().String()
}
