package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files with secrets that all users can read are named, whatever setting names them.
func TestExposed(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const secret = "0123456789abcdef0123456789abcdef\n"
	open, group, cert := write("open", secret, 0o604), write("group", secret, 0o640), write("cert", "PEM", 0o644)
	public := write("public", "-----BEGIN PUBLIC KEY-----\n", 0o644)
	set, symmetric := write("set", `{"keys": []}`, 0o644), write("symmetric", `{"keys": [{"kty": "oct", "k": "AAAA"}]}`, 0o644)
	for yaml, want := range map[string]string{
		"listen: {tls: {addr: ':3550', cert: " + cert + ", key: " + open + "}}":                                         "listen.tls.key",
		"listen: {tls: {addr: ':3550', cert: " + cert + ", key: " + group + "}}":                                        "",
		"reads: {tls: {cert: " + cert + ", key: " + open + "}}":                                                         "reads.tls.key",
		"reads: {mqtt: {addr: '127.0.0.1:8883', tls: {cert: " + cert + ", key: " + open + "}}}":                         "reads.mqtt.tls.key",
		"smsc: {tls: {enable: true, cert: " + cert + ", key: " + open + "}}":                                            "smsc.tls.key",
		"smsc: {mode: shared, system_id: gw, password_file: " + open + "}":                                              "smsc.password_file",
		"track: {proof: true, proof_keys: [" + group + ", " + open + "]}":                                               "track.proof_keys",
		"relay: {nats: 'nats://127.0.0.1:4222', creds: " + open + "}":                                                   "relay.creds",
		"relay: {nats: 'nats://127.0.0.1:4222', nkey: " + open + "}":                                                    "relay.nkey",
		"reads: {auth: [jwt], jwt: {keys: " + open + "}}":                                                               "reads.jwt.keys",
		"reads: {auth: [jwt], jwt: {keys: " + symmetric + "}}":                                                          "reads.jwt.keys",
		"reads: {auth: [jwt], jwt: {keys: " + public + "}}":                                                             "",
		"reads: {auth: [jwt], jwt: {keys: " + set + "}}":                                                                "",
		"feedback: {form: webhook, webhook: {url: 'https://app.example', secret_file: " + open + "}}":                   "feedback.webhook.secret_file",
		"accounts: {bank: {feedback: {form: webhook, webhook: {url: 'https://a.example', secret_file: " + open + "}}}}": "accounts.bank.feedback.webhook.secret_file",
		"{}": "",
	} {
		l := newLoader(write("readback.yaml", yaml, 0o600))
		l.open(nil)
		l.read()
		if _, err := l.finish(); err != nil && !strings.Contains(yaml, "shared") { // one account is missing there
			t.Errorf("%s: %v", yaml, err)
		}
		got := strings.Join(l.cfg.Exposed, "\n")
		if (got == "") != (want == "") || !strings.Contains(got, ":1: "+want+": every user") && want != "" || strings.Count(got, "\n") > 0 {
			t.Errorf("%s:\n got %q\nwant %q", yaml, got, want)
		}
	}
}
