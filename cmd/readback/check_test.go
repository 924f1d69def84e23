package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"readback/internal/testpeer"
)

// TestCheckFiles: certificates and keys that serve could not use are named, all at once.
func TestCheckFiles(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.pem")
	if err := os.WriteFile(bad, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "readback.yaml")
	testpeer.NewAuthority(t).PutPair(t, dir, "gateway.example")
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	files := strings.NewReplacer("BAD", bad, "CERT", cert, "PAIR", "cert: "+cert+", key: "+key)
	for _, tt := range []struct {
		name, yaml string
		want       []string // empty: it is right
	}{
		{"SMSC's authorities", `smsc: {tls: {enable: true, ca: BAD}}`, []string{"smsc.tls: "}},
		{"callers", `reads: {auth: [jwt], jwt: {keys: BAD}, tls: {cert: BAD, key: BAD}}`, []string{"reads.tls: ", "reads.jwt: "}},
		{"MQTT", `reads: {mqtt: {addr: "127.0.0.1:1883", tls: {cert: BAD, key: BAD}}}`, []string{"reads.mqtt.tls: "}},
		{"ESMEs", `listen: {tls: {addr: ":3550", cert: BAD, key: BAD}}`, []string{"listen.tls: "}},
		{"ESMEs revoked", `listen: {tls: {addr: ":3550", PAIR, client_ca: CERT, client_crl: BAD}}`, []string{"listen.tls: revoked"}},
		{"callers revoked", `reads: {auth: [mtls], tls: {PAIR, client_ca: CERT, client_crl: BAD}}`, []string{"reads.tls: revoked"}},
		{"MQTT clients revoked", `reads: {mqtt: {addr: "127.0.0.1:1883", tls: {PAIR, client_ca: CERT, client_crl: BAD}}}`, []string{"reads.mqtt.tls: revoked"}},
		{"WebSocket clients revoked", `reads: {websocket: {addr: "127.0.0.1:9222", tls: {PAIR, client_ca: CERT, client_crl: BAD}}}`, []string{"reads.websocket.tls: revoked"}},
		{"operators revoked", `ops: {tls: {PAIR, client_ca: CERT, client_crl: BAD}, operators: [{name: alice, roles: [viewer], certificate: alice}]}`, []string{"ops.tls: revoked"}},
		{"none", `track: {when: all}`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(files.Replace(tt.yaml)), 0o600); err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			cmd := newCommand()
			cmd.SetArgs([]string{"check", "--config", file})
			cmd.SetOut(new(bytes.Buffer))
			cmd.SetErr(&said)
			if err := cmd.ExecuteContext(t.Context()); (err == nil) != (tt.want == nil) {
				t.Fatalf("got %v, want errors with %q", err, tt.want)
			}
			for _, want := range tt.want {
				if !strings.Contains(said.String(), file+":1: "+want) || !strings.Contains(said.String(), "(hint: ") {
					t.Errorf("got %s, want %q in it", &said, want)
				}
			}
		})
	}
}
