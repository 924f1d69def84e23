package bench

import (
	"context"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"readback/internal/testpeer"
)

// shell starts a shell script as a child, which the test ends.
func shell(t *testing.T, script string) *process {
	t.Helper()
	p, err := start(t.TempDir(), "child", nil, "/bin/sh", "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-p.ended })
	return p
}

func TestAwait(t *testing.T) {
	ctx := testpeer.Within(t)
	p := shell(t, "echo listens on 1.2.3.4:5; exec cat /dev/zero >/dev/null")
	found, err := p.await(ctx, time.Minute, regexp.MustCompile(`listens on (\S+)`))
	if err != nil || found[1] != "1.2.3.4:5" {
		t.Fatalf("got %q, %v; want the address", found, err)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if err := syscall.Kill(p.cmd.Process.Pid, 0); err != syscall.ESRCH {
		t.Errorf("after stop: got %v, want no such process", err)
	}
	if p.total() <= 0 {
		t.Error("it has used no time")
	}
}

func TestFailures(t *testing.T) {
	never := regexp.MustCompile("never")
	tests := []struct {
		name, script string
		limit        time.Duration
		want         []string
	}{
		{"it ends", "echo out of luck; exit 3", time.Minute, []string{"child: ended before it was ready: exit status 3", "out of luck"}},
		{"it is silent", "exec sleep 1000", time.Millisecond, []string{"child: child did not print never within 1ms"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := shell(t, tt.script).await(testpeer.Within(t), tt.limit, never)
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
		})
	}
	p := shell(t, "echo sorry; exit 1")
	if err := p.wait(testpeer.Within(t)); err == nil || !strings.Contains(err.Error(), "sorry") {
		t.Errorf("got %v, want what it printed", err)
	}
	var to Report
	if err := p.result(&to); err == nil || !strings.Contains(err.Error(), "printed no result") {
		t.Errorf("got %v, want no result", err)
	}
	if _, err := start(t.TempDir(), "child", nil, "/no/such/program"); err == nil {
		t.Error("a program that is not there: got no error")
	}
}

// TestEnvironment keeps settings of this process's environment from the gateways.
func TestEnvironment(t *testing.T) {
	t.Setenv("READBACK_LOG_LEVEL", "debug")
	t.Setenv("LISTEN_FDS", "1")
	t.Setenv("OTHER", "kept")
	p := shell(t, `echo "got:$READBACK_LOG_LEVEL:$LISTEN_FDS:$OTHER"`)
	if _, err := p.await(testpeer.Within(t), time.Minute, regexp.MustCompile("got:::kept")); err != nil {
		t.Error(err)
	}
}

// TestCancelled ends the processes and removes the files when the run is interrupted.
func TestCancelled(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, Options{Binary: "/bin/true", Dir: dir})
	if err == nil {
		t.Error("got no error")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
