//go:build e2e

package acceptance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"readback/internal/seed"
)

// gateway is a running process of readback serve.
type gateway struct {
	*testing.T
	cmd *exec.Cmd
	log *logbook

	addr   string // where ESMEs bind
	secure string // the same over TLS
	reads  string // of the HTTP interface
	mqtt   string // where handsets connect; empty: nowhere
	ops    string // of metrics and health

	exited chan struct{}
	err    error // static once exited is closed
}

// startGateway starts the program with a configuration and waits until it is ready.
func startGateway(ctx context.Context, t *testing.T, config string) *gateway {
	t.Helper()
	g := launchGateway(ctx, t, config, nil)
	g.awaitReady(ctx)
	return g
}

// launchGateway starts the program with a configuration, as a user, and waits until it serves.
func launchGateway(ctx context.Context, t *testing.T, config string, user *syscall.Credential) *gateway {
	t.Helper()
	g := &gateway{T: t, log: newLogbook(), exited: make(chan struct{})}
	g.cmd = exec.Command(program, "serve", "--config", config)
	g.cmd.Env = seed.Environ()
	if user != nil {
		g.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: user}
	}
	stderr, err := g.cmd.StderrPipe()
	if err == nil {
		g.cmd.Stdout = g.cmd.Stderr // it says there what is wrong with a configuration
		err = g.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		g.log.read(stderr)
		g.err = g.cmd.Wait()
		close(g.exited)
	}()
	t.Cleanup(g.cleanUp)
	line, ok := g.log.wait(ctx, `"msg":"serving"`)
	if !ok {
		t.Fatalf("the gateway does not start:\n%s", g.log.tail())
	}
	var at struct{ ESMEs, TLS, Reads, Ops string }
	if err := json.Unmarshal([]byte(line), &at); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	g.addr, g.secure, g.reads, g.ops = at.ESMEs, at.TLS, at.Reads, at.Ops
	return g
}

// cleanUp ends the process, if the test has not, and looks for what no log may have.
func (g *gateway) cleanUp() {
	_ = g.cmd.Process.Kill() // it may have ended
	<-g.exited
	if n := g.log.count("panic:"); n > 0 {
		g.Errorf("%d panics", n)
	}
	if g.Failed() {
		g.Logf("the gateway's log ends:\n%s", g.log.tail())
	}
}

// kill ends the process without a warning.
func (g *gateway) kill() {
	g.Helper()
	if err := g.cmd.Process.Kill(); err != nil {
		g.Fatal(err)
	}
	<-g.exited
}

// terminate sends SIGTERM.
func (g *gateway) terminate() {
	g.Helper()
	if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		g.Fatal(err)
	}
}

// awaitExit waits for the end, which must be a clean one.
func (g *gateway) awaitExit(ctx context.Context) {
	g.Helper()
	select {
	case <-g.exited:
	case <-ctx.Done():
		g.Fatalf("the gateway does not stop: %v", context.Cause(ctx))
	}
	if g.err != nil {
		g.Errorf("the gateway ended with %v, want exit 0", g.err)
	}
}

// expectLine waits for a line of the log with all of words.
func (g *gateway) expectLine(ctx context.Context, words ...string) string {
	g.Helper()
	const soon = 20 * time.Second
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	line, ok := g.log.wait(ctx, words...)
	if !ok {
		g.Errorf("no line with %q in the log, which ends:\n%s", words, g.log.tail())
	}
	return line
}

// ready asks /readyz.
func (g *gateway) ready(ctx context.Context) (code int, body string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.ops+"/readyz", nil)
	if err != nil {
		return 0, err.Error()
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }() // it is read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

// often is how long a poll rests, where there is no event to wait for.
const often = 20 * time.Millisecond

// poll calls done now and then, until it returns true or ctx ends, which it reports.
func poll(ctx context.Context, done func() bool) bool {
	t := time.NewTicker(often)
	defer t.Stop()
	for !done() {
		select {
		case <-t.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// awaitReady waits until numbers can be given and the SMSC is there.
func (g *gateway) awaitReady(ctx context.Context) {
	g.Helper()
	const soon = 20 * time.Second
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	body := ""
	if !poll(ctx, func() (ok bool) {
		var code int
		code, body = g.ready(ctx)
		return code == http.StatusOK
	}) {
		g.Fatalf("/readyz: %s, want 200", body)
	}
}

// memory is the gateway's, of the kernel's names such as VmRSS, in MiB.
func (g *gateway) memory(name string) int {
	g.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.cmd.Process.Pid))
	if err != nil {
		g.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), name+":")
	kiB := 0
	if _, err := fmt.Sscan(rest, &kiB); err != nil {
		g.Fatalf("%s: %v", name, err)
	}
	return kiB / 1024
}
