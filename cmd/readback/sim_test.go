package main

import (
	"io"
	"strings"
	"testing"
)

// Flags of sim esme that would have no effect are refused.
func TestSimESMERefuses(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--load --to 447700900101", "--to does not go with --load"},
		{"--load --stay", "hint: --linger 60s"},
		{"--load --from Bank", `--from: "Bank": not a short code`},
		{"--load --from 0069", `--from: "0069": not a short code`},
		{"--text Hi --window 4", "--window needs --load"},
		{"--text Hi --json", "--json needs --load"},
	} {
		cmd := newCommand()
		cmd.SetArgs(append([]string{"sim", "esme", "--addr", "127.0.0.1:1"}, strings.Fields(tt.args)...))
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.args, err, tt.want)
		}
	}
}
