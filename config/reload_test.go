package config

import (
	"strings"
	"testing"
)

// TestCheckReload reads one configuration after another. Both are right in themselves.
func TestCheckReload(t *testing.T) {
	const (
		bank   = "accounts: {bank: {password_hash: $2a$04$V9IzLpGd/T7Sg/wIuWtYnOj0.CqCjvV4JDPfMrqVf0kzlzUS1LT0u}}\n"
		shared = "smsc: {mode: shared, system_id: hub, password_file: ../testdata/config/password.txt}\n"
		none   = "the file is empty; the configuration before stays in force"
	)
	for _, tt := range []struct {
		name, start, before, next string
		want                      []string // parts of the error; none: it is right
	}{
		{"nothing changes", shared + bank, "", shared + bank, nil},
		{"what changes at once", bank, "", bank + "feedback: {form: mo}\n", nil},
		{"what waits for a restart", bank, "", bank + "listen: {addr: \":1\"}\n", nil},
		{"empty", shared + bank, "", "", []string{none}},
		{"only comments", bank, "", "# soon\n", []string{none}},
		{"only sections", bank, "", "smsc:\nlisten: {}\n", []string{none}},
		{"empty since the start", "# nothing\n", "", "", nil},
		{"empty after a reload", "", bank, "", []string{none}},
		{
			"truncated", shared + bank, "", "smsc: {connect_timeout: 5s}\n",
			[]string{"accounts", "shared mode without accounts: nobody could bind; until a restart smsc.mode is shared"},
		},
		{
			"accounts without passwords", shared + bank, "", "accounts:\n  bank:\n    rate: 5\n",
			[]string{"readback.yaml:2: accounts.bank: no password_hash", "until a restart smsc.mode is shared"},
		},
		{"shared mode, after a restart", bank, "", shared + bank, nil},
		{
			"a carriage and its numbers", "track: {numbers: {last: 5000}}\n", "", "track: {carriage: text}\n",
			[]string{"does not fit the three digits of the marker; until a restart track.numbers.last is 5000"},
		},
		{
			"what asks for a listener", bank, "", bank + "feedback: {form: nats}\nrelay: {listen: \"127.0.0.1:4222\"}\n",
			[]string{"readback.yaml:2: feedback.form: \"nats\": no consumer can reach the embedded server", "until a restart relay.listen is empty"},
		},
		{
			"a certificate and no authority", "listen: {tls: {addr: \"\"}}\n", "", "listen: {tls: {addr: \":1\", cert: ../testdata/config/cert.pem, key: ../testdata/config/key.pem, client_ca: ../testdata/config/cert.pem}}\naccounts: {bank: {certificate: bank.example}}\n",
			[]string{"no authority to verify it; changed, and waiting for a restart: listen.tls.addr, listen.tls.cert, listen.tls.client_ca and others"},
		},
		{
			"TLS that was chosen", "listen: {tls: {addr: \"\", cert: ../testdata/config/cert.pem, key: ../testdata/config/key.pem}}\n", "", "listen: {max_sessions: 5}\n", nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start, before, next := sound(t, tt.start), sound(t, tt.start), sound(t, tt.next)
			if tt.before != "" {
				before = sound(t, tt.before)
			}
			err := CheckReload(start, before, next)
			if (err != nil) != (len(tt.want) > 0) {
				t.Fatalf("got %v, want an error: %q", err, tt.want)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %v, want %q", err, part)
				}
			}
		})
	}
}

// sound reads a configuration that is right.
func sound(t *testing.T, content string) Config {
	t.Helper()
	cfg, err := load(t, content)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}
