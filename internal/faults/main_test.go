//go:build faults

package faults

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// program is the program under test: that of programVariable, or TestMain builds it.
var program = os.Getenv(programVariable)

// The variables of the environment.
const (
	programVariable = "READBACK_FAULTS_PROGRAM" // a program that is there
	factorVariable  = "READBACK_FAULTS"         // how many times as long; 1: the short form
)

// factor is how many times as long as in the short form the tests run.
var factor = 1

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run builds the program and runs the tests.
func run(m *testing.M) int {
	if s := os.Getenv(factorVariable); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			fmt.Fprintf(os.Stderr, "%s=%s is no positive number\n", factorVariable, s)
			return 1
		}
		factor = n
	}
	_ = os.Unsetenv(programVariable) // the gateway would take them for settings
	_ = os.Unsetenv(factorVariable)
	useMemory()
	if program != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "readback-faults")
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
	return m.Run()
}

// useMemory keeps the stores in memory, unless TMPDIR says where: a kill takes nothing from files there,
// and a disk that others keep busy for seconds is not what is tested.
func useMemory() {
	const memory, needed = "/dev/shm", 1 << 30
	var fs syscall.Statfs_t
	if os.Getenv("TMPDIR") == "" && syscall.Statfs(memory, &fs) == nil && fs.Bavail*uint64(fs.Bsize) > needed {
		_ = os.Setenv("TMPDIR", memory) // the disk will do as well
	}
}

// rest waits, and returns early when ctx ends.
func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// poll calls done now and then until it returns true or so long has passed, which it reports.
func poll(ctx context.Context, atMost time.Duration, done func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	for !done() {
		if ctx.Err() != nil {
			return false
		}
		rest(ctx, 20*time.Millisecond)
	}
	return true
}
