package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"readback/config"
	"readback/internal/testpeer"
)

func TestServeFlags(t *testing.T) {
	for _, tt := range []struct {
		line string
		file string
		set  []string
		want string // in the error; empty: none
	}{
		{"/readback serve", "", nil, ""},
		{"/readback serve --config /a.yaml --set ops.addr=:1 --set log.format=text", "/a.yaml", []string{"ops.addr=:1", "log.format=text"}, ""},
		{"/sbin/docker-init -- /readback serve --config=/a.yaml", "/a.yaml", nil, ""},
		{"/readback serve --log-level debug", "", nil, ""},
		{"/bin/sleep 60", "", nil, "not a gateway"},
		{"/readback serve --nonsense", "", nil, "unknown flag"},
		{"", "", nil, "not a gateway"},
	} {
		flags, err := serveFlags(strings.Split(tt.line, " "))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want an error with %q", tt.line, err, tt.want)
		}
		if err != nil {
			continue
		}
		file, _ := flags.GetString("config")
		set, _ := flags.GetStringArray("set")
		if file != tt.file || !slices.Equal(set, tt.set) {
			t.Errorf("%q: got --config %q --set %q, want %q and %q", tt.line, file, set, tt.file, tt.set)
		}
	}
}

// The health check of a container asks where the gateway listens, whatever set the address.
func TestHealthOfProcess(t *testing.T) {
	r := startService(t, func(cfg *config.Config) { cfg.Ops.MetricsAddr = "127.0.0.1:0" })
	dir := t.TempDir()
	file := filepath.Join(dir, "readback.yaml")
	testpeer.PutFiles(t, dir, map[string][]byte{"readback.yaml": []byte("ops: {addr: \"127.0.0.1:1\"}\n")})
	for _, tt := range []struct {
		name, line string
		want       bool
	}{
		{"by flag", "serve --config " + file + " --set ops.addr=" + r.Ops(), true},
		{"by the file alone", "serve --config " + file, false},
		{"without ops.addr", "serve --set ops.addr= --set ops.metrics_addr=" + r.Metrics(), true},
	} {
		pid := startProcess(t, strings.Fields(tt.line)...)
		if _, err := execute(t, "health", "--process", fmt.Sprint(pid)); (err == nil) != tt.want {
			t.Errorf("%s: got %v, want healthy: %v", tt.name, err, tt.want)
		}
	}
	pid := startProcess(t, "serve", "--config", file, "--set", "ops.addr=127.0.0.1:2")
	if _, err := execute(t, "health", "--process", fmt.Sprint(pid), "--set", "ops.addr="+r.Ops()); err != nil {
		t.Errorf("a flag of its own: got %v, want none", err)
	}
}

// startProcess starts a program that waits, with these arguments.
func startProcess(t *testing.T, args ...string) (pid int) {
	t.Helper()
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Skip("there is no proc(5)")
	}
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-c", "echo ready; read x", "sh"}, args...)...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close(); _ = cmd.Wait() })
	if _, err := fmt.Fscanln(stdout, new(string)); err != nil { // from now on its command line is its own
		t.Fatal(err)
	}
	return cmd.Process.Pid
}
