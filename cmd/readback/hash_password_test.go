package main

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

func TestHashPassword(t *testing.T) {
	tests := []struct{ name, in, password, warning string }{
		{"no line end", "secret08", "secret08", ""},
		{"line", "secret08\r\nmore", "secret08", ""},
		{"long", "secret0809\n", "secret0809", "longer than the 8 octets"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			cmd := newCommand()
			cmd.SetArgs([]string{"hash-password"})
			cmd.SetIn(strings.NewReader(tt.in))
			cmd.SetOut(&out)
			cmd.SetErr(&errs)
			if err := cmd.Execute(); err != nil {
				t.Fatal(err)
			}
			if err := bcrypt.CompareHashAndPassword(bytes.TrimSpace(out.Bytes()), []byte(tt.password)); err != nil {
				t.Errorf("hash %q of %q: %v", out.String(), tt.password, err)
			}
			if got := errs.String(); !strings.Contains(got, tt.warning) || tt.warning == "" && got != "" {
				t.Errorf("warning: got %q, want %q", got, tt.warning)
			}
		})
	}
	cmd := newCommand()
	cmd.SetArgs([]string{"hash-password"})
	cmd.SetIn(strings.NewReader("\n"))
	if err := cmd.Execute(); err == nil {
		t.Error("an empty password: got a hash, want an error")
	}
}
