package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"readback/config"
)

// A gateway that runs is asked although its file was spoiled since; it says itself what a reload would come to.
func TestAskDespiteItsFile(t *testing.T) {
	r := startService(t, nil)
	file := filepath.Join(t.TempDir(), "readback.yaml")
	if err := os.WriteFile(file, []byte("smsc: {adr: x}\nops: {addr: \""+r.Ops()+"\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("READBACK_CONFIG", file)
	for _, args := range []string{"accounts", "sessions", "status", "smsc"} {
		if out, err := execute(t, args); out == "" || errors.Is(err, errReported) {
			t.Errorf("%s: got %q, %v", args, out, err)
		}
	}
	r.written.write(func(*config.Config) {}, config.Errors{{Key: "smsc.adr", Problem: "unknown key"}})
	var said bytes.Buffer
	cmd := newCommand()
	cmd.SetArgs([]string{"reload"})
	cmd.SetErr(&said)
	err := cmd.ExecuteContext(t.Context())
	if want := "smsc.adr: unknown key\n1 error(s); the configuration before stays in force\n"; !errors.Is(err, errReported) || said.String() != want {
		t.Errorf("reload: got %q, %v, want %q", &said, err, want)
	}
}

// Each command that asks a running gateway has --json, but for those whose answer is none.
func TestCommandsHaveJSON(t *testing.T) {
	without := map[string]bool{"readback health": true, "readback store backup": true}
	eachCommand(newCommand(), func(cmd *cobra.Command) {
		if f := cmd.Flags(); f.Lookup("ops") != nil && (f.Lookup("json") == nil) != without[cmd.CommandPath()] {
			t.Errorf("%s has --json: got %v", cmd.CommandPath(), f.Lookup("json") != nil)
		}
	})
}

// Whoever cannot find the gateway is told what to try.
func TestAskHints(t *testing.T) {
	file := filepath.Join(t.TempDir(), "readback.yaml")
	if err := os.WriteFile(file, []byte("ops: {adr: \"127.0.0.1:1\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := newCommand()
	cmd.SetArgs([]string{"status", "--config", file})
	cmd.SetErr(&said)
	if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(said.String(), "ops.adr: unknown key") ||
		!strings.HasSuffix(said.String(), "\n--ops HOST:PORT asks the gateway without reading the file\n") {
		t.Errorf("a wrong setting of ops: got %q, %v", &said, err)
	}
	for _, args := range []string{"status", "sessions", "smsc", "accounts", "statistics", "feedback held", "dead list", "config", "reload", "drain", "health"} {
		out, err := execute(t, append(strings.Fields(args), "--ops", "127.0.0.1:1")...)
		if out != "" || err == nil || !strings.Contains(err.Error(), "connection refused (hint: is it running? --ops HOST:PORT ") {
			t.Errorf("%s: got %q, %v, want nothing but a hint", args, out, err)
		}
	}
}
