package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"readback/internal/ops"
	"readback/internal/simulator"
	"readback/internal/testpeer"
)

// TestLogLevelCommand has one account's lines logged, and ends that.
func TestLogLevelCommand(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	to, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = to.Close() })
	settings := new(ops.LogSettings)
	if err := settings.Set("error", true); err != nil {
		t.Fatal(err)
	}
	log, err := ops.NewLogger(to, "text", settings)
	if err != nil {
		t.Fatal(err)
	}
	r := startLogging(t, log, settings, simulator.Options{NoReceipts: true}, nil)
	for _, tt := range []struct {
		args string
		want []string // in the output; empty: an error
	}{
		{"", []string{"ACCOUNT", "(all)", "error", "-"}},
		{"info --account bank --for 1h", []string{"(all)", "error", "bank", "info"}},
		{"loud", nil},
		{"info --for 25h", nil},
		{"debug --reset", nil},
	} {
		out, err := execute(t, append([]string{"log", "level", "--ops", r.Ops()}, strings.Fields(tt.args)...)...)
		if (err == nil) != (len(tt.want) > 0) {
			t.Errorf("%s: got %q, %v", tt.args, out, err)
		}
		for _, want := range tt.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s: got %q, want %q in it", tt.args, out, want)
			}
		}
	}
	for _, account := range []string{"bank", "shop"} {
		if _, err := simulator.OpenESME(t.Context(), r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: account}}); err != nil {
			t.Fatal(err)
		}
	}
	var text []byte
	for ctx := testpeer.Within(t); !strings.Contains(string(text), "account=bank") && ctx.Err() == nil; runtime.Gosched() {
		if text, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(string(text), "account=bank") || strings.Contains(string(text), "account=shop") {
		t.Errorf("got %q; want a line about bank, and none about shop", text)
	}
	if out, err := execute(t, "log", "level", "--reset", "--ops", r.Ops()); err != nil || strings.Contains(out, "bank") {
		t.Errorf("reset: got %q, %v", out, err)
	}
}
