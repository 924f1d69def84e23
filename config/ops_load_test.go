package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// loadOps reads the settings of ops in a file of that content, and on a command line.
func loadOps(t *testing.T, content string, args ...string) (Ops, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "readback.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := pflag.NewFlagSet("status", pflag.ContinueOnError)
	RegisterFlags(flags)
	if err := flags.Parse(append([]string{"--config", path}, args...)); err != nil {
		t.Fatal(err)
	}
	return LoadOps(flags)
}

// A gateway is found although something else in its file is wrong.
func TestLoadOps(t *testing.T) {
	const ops = "ops: {addr: '127.0.0.1:9191', token_file: token, operators: [{nmae: alice}]}\n"
	tests := []struct{ name, content, want string }{
		{"right", ops, ""},
		{"unknown section", ops + "nosuch: {a: 1}\n", ""},
		{"unknown key", "smsc: {adr: x}\n" + ops, ""},
		{"wrong values", "smsc: {addr: 7, window: many}\ntrack: [1]\naccounts: 7\n" + ops, ""},
		{"missing file", "smsc: {password_file: /nonexistent}\n" + ops, ""},
		{"unknown key of ops", "ops: {adr: '127.0.0.1:9191'}\n", "ops.adr: unknown key"},
		{"wrong value of ops", "ops: {addr: nowhere}\n", "ops.addr: "},
		{"no section of ops", "ops: 7\n", "ops: found a whole number"},
		{"twice", ops + ops, "ops: given twice"},
		{"not YAML", "smsc: {\n" + ops, "not YAML"},
		{"a list", "- 1\n", "found a list"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := loadOps(t, tt.content)
			if tt.want == "" && (err != nil || got.Addr != "127.0.0.1:9191" || got.TokenFile != "token") {
				t.Errorf("got %+v, %v", got, err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want an error with %s", err, tt.want)
			}
		})
	}
}

func TestLoadOpsVariablesAndFlags(t *testing.T) {
	t.Setenv("READBACK_NOSUCH", "1")
	t.Setenv("READBACK_OPS_ADDR", "127.0.0.1:9292")
	if got, err := loadOps(t, "", "--log-level", "loud"); err != nil || got.Addr != "127.0.0.1:9292" {
		t.Errorf("a wrong variable and level: got %q, %v", got.Addr, err)
	}
	if got, err := loadOps(t, "", "--set", "ops.addr=127.0.0.1:9393"); err != nil || got.Addr != "127.0.0.1:9393" {
		t.Errorf("--set: got %q, %v", got.Addr, err)
	}
	if _, err := loadOps(t, "", "--set", "nosuch=1"); err == nil || !strings.Contains(err.Error(), "--set: nosuch: unknown key") {
		t.Errorf("--set of an unknown key: got %v", err)
	}
	t.Setenv("READBACK_OPS_ADR", "127.0.0.1:1")
	if _, err := loadOps(t, ""); err == nil || !strings.Contains(err.Error(), "READBACK_OPS_ADR: unknown variable") {
		t.Errorf("a wrong variable of ops: got %v", err)
	}
}
