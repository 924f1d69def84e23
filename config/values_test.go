package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// asLines shows values, a line each, without the directory of the file.
func asLines(values []Value) []string {
	var all []string
	for _, v := range values {
		all = append(all, fmt.Sprintf("%s = %s (%s, %v)", v.Key, v.Text, filepath.Base(v.Source.String()), v.Live))
	}
	return all
}

// TestValues shows where each value was given, and no secret.
func TestValues(t *testing.T) {
	const hash = "$2a$04$V9IzLpGd/T7Sg/wIuWtYnOj0.CqCjvV4JDPfMrqVf0kzlzUS1LT0u"
	t.Setenv("READBACK_SMSC_WINDOW", "7")
	cfg, err := load(t, `smsc: {addr: "192.0.2.1:2775"}
listen: {allow: [10.0.0.0/8, 192.0.2.7]}
track: {iei: 0x85, marker: {gsm7: "!"}}
relay: {nats: "nats://me:hunter2@192.0.2.2:4222"}
feedback: {form: webhook, webhook: {url: "https://app.example/hunter2", secret_file: `+files+`/webhook.txt}}
ops:
  operators: [{name: alice, roles: [operator, viewer], sha256: 52fdfc072182654f163f5f0f9a621d729566c74d10037c4d7bbb0407d1e2c649}]
accounts:
  bank:
    password_hash: `+hash+`
    track: {when: all}
    senders: [447700900*]
  shop: {}
`, "--set", "listen.max_sessions=5", "--log-level", "warn")
	if err != nil {
		t.Fatal(err)
	}
	got := asLines(cfg.Values())
	for _, want := range []string{
		"smsc.addr = 192.0.2.1:2775 (readback.yaml:1, false)", "smsc.window = 7 (READBACK_SMSC_WINDOW, false)",
		"listen.allow = [10.0.0.0/8, 192.0.2.7/32] (readback.yaml:2, false)", "listen.max_sessions = 5 (--set, false)",
		"listen.addr = :2775 (default, false)", "log.level = warn (--log-level, true)", "track.iei = 0x85 (readback.yaml:3, false)",
		"track.marker.gsm7 = ! (readback.yaml:3, false)", "relay.nats = [hidden]@192.0.2.2:4222 (readback.yaml:4, false)",
		"feedback.webhook.url = set (readback.yaml:5, true)", "ops.operators = [alice (roles viewer, operator)] (readback.yaml:7, true)",
		"accounts.bank = listed (readback.yaml:9, true)", "accounts.bank.password_hash = set (readback.yaml:10, true)",
		"accounts.bank.track.when = all (readback.yaml:11, true)", "accounts.bank.senders = [447700900*] (readback.yaml:12, true)",
		"accounts.shop = listed (readback.yaml:13, true)",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q", want)
		}
	}
	text := strings.Join(got, "\n")
	if strings.Contains(text, "hunter2") || strings.Contains(text, hash) || strings.Contains(text, "52fdfc") || strings.Contains(text, "accounts.shop.") || t.Failed() {
		t.Errorf("got\n%s", text)
	}
}

// TestChanges compares configurations.
func TestChanges(t *testing.T) {
	const hash, other = "$2a$04$V9IzLpGd/T7Sg/wIuWtYnOj0.CqCjvV4JDPfMrqVf0kzlzUS1LT0u", "$2a$04$V9IzLpGd/T7Sg/wIuWtYnOj0.CqCjvV4JDPfMrqVf0kzlzUS1LT0v"
	const alice = "ops: {operators: [{name: alice, roles: [operator], sha256: %064d}]}"
	tests := []struct {
		name, before, after string
		want                []string // of what does not need a restart, with a plus
	}{
		{"nothing", "", "", nil},
		{"live", "", "track: {when: all}\nlog: {level: warn}", []string{
			"+track.when: requested → all (readback.yaml:1)", "+log.level: info → warn (readback.yaml:2)",
		}},
		{"live, further", "", "track: {forward_ack_bits: true}\nfeedback: {webhook: {timeout: 1s}}\nlog: {mask: false}", []string{
			"+track.forward_ack_bits: false → true (readback.yaml:1)", "+feedback.webhook.timeout: 10s → 1s (readback.yaml:2)", "+log.mask: true → false (readback.yaml:3)",
		}},
		{"to a default", "log: {level: warn}", "", []string{"+log.level: warn → info (default)"}},
		{"same by another source", "", "log: {level: info}", nil},
		{"another address", "", "listen: {addr: \":2777\", max_sessions: 5}", []string{
			"listen.addr: :2775 → :2777 (readback.yaml:1)", "listen.max_sessions: 1000 → 5 (readback.yaml:1)",
		}},
		{"the form of the number", "", "track: {iei: 0x85, numbers: {last: 200}}", []string{
			"track.iei: 0x80 → 0x85 (readback.yaml:1)", "track.numbers.last: 257 → 200 (readback.yaml:1)",
		}},
		{"a list", "listen: {allow: [10.0.0.0/8]}", "listen: {allow: [10.0.0.0/8, 192.0.2.1]}", []string{
			"listen.allow: [10.0.0.0/8] → [10.0.0.0/8, 192.0.2.1/32] (readback.yaml:1)",
		}},
		{"accounts come and go", "accounts: {a: {rate: 5}}", "accounts: {b: {}}", []string{
			"+accounts.a: listed → not listed (default)", "+accounts.a.rate: 5 → 0 (default)", "+accounts.b: not listed → listed (readback.yaml:1)",
		}},
		{"an account's own", "accounts: {a: {track: {when: all}}}", "track: {when: off}\naccounts: {a: {}}", []string{
			"+track.when: requested → off (readback.yaml:1)", "+accounts.a.track.when: all → off (readback.yaml:1)",
		}},
		{"what all accounts take over", "accounts: {a: {}}", "track: {when: off}\naccounts: {a: {}}", []string{
			"+track.when: requested → off (readback.yaml:1)",
		}},
		{"a secret", "accounts: {a: {password_hash: " + hash + "}}", "accounts: {a: {password_hash: " + other + "}}", []string{
			"+accounts.a.password_hash: set → changed (readback.yaml:1)",
		}},
		{"a credential", fmt.Sprintf(alice, 1), fmt.Sprintf(alice, 2), []string{
			"+ops.operators: [alice (roles operator)] → [alice (roles operator)] (credentials changed) (readback.yaml:1)",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, err := load(t, tt.before)
			if err != nil {
				t.Fatal(err)
			}
			after, err := load(t, tt.after)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range Changes(before, after) {
				line := fmt.Sprintf("%s: %s → %s (%s)", c.Key, c.From, c.To, filepath.Base(c.Source.String()))
				if c.Live {
					line = "+" + line
				}
				got = append(got, line)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// TestChangedFiles writes a file anew, and another as it was.
func TestChangedFiles(t *testing.T) {
	dir := t.TempDir()
	put := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	content := "smsc: {mode: shared, system_id: me, password_file: " + put("password", "secret08") + "}\n" +
		"ops: {token_file: " + put("token", "t") + "}\naccounts: {bank: {password_hash: $2a$04$V9IzLpGd/T7Sg/wIuWtYnOj0.CqCjvV4JDPfMrqVf0kzlzUS1LT0u}}"
	before, err := load(t, content)
	if err != nil {
		t.Fatal(err)
	}
	put("password", "secret09")
	put("token", "t")
	after, err := load(t, content)
	if want := []File{{"smsc.password_file", filepath.Join(dir, "password"), false}}; err != nil || !slices.Equal(ChangedFiles(before, after), want) {
		t.Errorf("got %v, %v; want %v", ChangedFiles(before, after), err, want)
	}
	if got := ChangedFiles(after, after); len(got) > 0 {
		t.Errorf("nothing has changed: got %v", got)
	}
}
