package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckFiles: certificates and keys that serve could not use are named, all at once.
func TestCheckFiles(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.pem")
	if err := os.WriteFile(bad, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "readback.yaml")
	for _, tt := range []struct {
		name, yaml string
		want       []string // empty: it is right
	}{
		{"SMSC's authorities", `smsc: {tls: {enable: true, ca: BAD}}`, []string{"smsc.tls: "}},
		{"callers", `reads: {auth: [jwt], jwt: {keys: BAD}, tls: {cert: BAD, key: BAD}}`, []string{"reads.tls: ", "reads.jwt: "}},
		{"MQTT", `reads: {mqtt: {addr: "127.0.0.1:1883", tls: {cert: BAD, key: BAD}}}`, []string{"reads.mqtt.tls: "}},
		{"ESMEs", `listen: {tls: {addr: ":3550", cert: BAD, key: BAD}}`, []string{"listen.tls: "}},
		{"none", `track: {when: all}`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(tt.yaml, "BAD", bad)), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := execute(t, "check", "--config", file)
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("got %v, want errors with %q", err, tt.want)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q in it", err, want)
				}
			}
		})
	}
}
