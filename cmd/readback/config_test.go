package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"readback/config"
	"readback/internal/operator"
)

// loaded is a configuration that was read from a file of that content.
func loaded(t *testing.T, content string) config.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "readback.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestEffective lists the settings of a gateway that has read another configuration since it began.
func TestEffective(t *testing.T) {
	start := loaded(t, "smsc: {window: 5}\ntrack: {when: all}\naccounts:\n  bank: {rate: 5}\n  shop: {}\n")
	now := loaded(t, "track: {when: off}\nsmsc: {window: 7}\naccounts:\n  shop: {rate: 3}\n")
	got := make(map[string]string)
	for _, s := range effective(start, now) {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		got[s.Key] = string(text[strings.Index(string(text), `"value"`):])
	}
	file := func(key string, of config.Config) string {
		for _, v := range of.Values() {
			if v.Key == key {
				return v.Source.Name
			}
		}
		return ""
	}
	began, later := file("smsc.window", start), file("smsc.window", now)
	for key, want := range map[string]string{
		"listen.addr":        `"value":":2775","source":{"kind":"default"},"live":false}`,
		"track.when":         `"value":"off","source":{"kind":"file","name":"` + later + `","line":1},"live":true,"at_start":"all"}`,
		"smsc.window":        `"value":"5","source":{"kind":"file","name":"` + began + `","line":1},"live":false,"pending":"7"}`,
		"accounts.shop":      `"value":"listed","source":{"kind":"file","name":"` + later + `","line":4},"live":true}`,
		"accounts.shop.rate": `"value":"3","source":{"kind":"file","name":"` + later + `","line":4},"live":true,"at_start":"0"}`,
		"accounts.bank":      `"value":"not listed","source":{"kind":"default"},"live":true,"at_start":"listed"}`,
		"accounts.bank.rate": `"value":"0","source":{"kind":"default"},"live":true,"at_start":"5"}`,
	} {
		if got[key] != want {
			t.Errorf("%s:\ngot  %s\nwant %s", key, got[key], want)
		}
	}
}

// TestConfigCommand asks a gateway what is in force, before and after a reload.
func TestConfigCommand(t *testing.T) {
	r := startService(t, nil)
	if out, err := execute(t, "config", "--changed", "--ops", r.Ops()); err != nil || strings.Count(out, "\n") != 1 {
		t.Errorf("nothing has changed: got %q, %v", out, err)
	}
	r.written.write(func(cfg *config.Config) { cfg.Feedback.Form, cfg.Gateway.Window = "user-ack", 7 }, nil)
	if _, err := r.reload(); err != nil {
		t.Fatal(err)
	}
	out, err := execute(t, "config", "show", "--changed", "--ops", r.Ops())
	if lines := strings.Split(strings.TrimSpace(out), "\n"); err != nil || len(lines) != 3 || !strings.HasPrefix(lines[0], "KEY ") ||
		strings.Join(strings.Fields(lines[1]), " ") != "smsc.window 100 default restart after a restart: 7" ||
		strings.Join(strings.Fields(lines[2]), " ") != "feedback.form user-ack default reload at start: sme-ack" {
		t.Errorf("the table: got %q, %v", out, err)
	}
	out, err = execute(t, "config", "--json", "feedback.form", "--ops", r.Ops())
	var s operator.Setting
	if err != nil || json.Unmarshal([]byte(out), &s) != nil || s.Key != "feedback.form" || s.Value != "user-ack" {
		t.Errorf("in JSON: got %q, %v", out, err)
	}
	if out, err = execute(t, "config", "fedback", "--ops", r.Ops()); out != "" || err == nil || !strings.Contains(err.Error(), "no setting begins with fedback") {
		t.Errorf("of no setting: got %v", err)
	}
}

// TestCheckShow shows the settings of a file.
func TestCheckShow(t *testing.T) {
	file := filepath.Join(t.TempDir(), "readback.yaml")
	if err := os.WriteFile(file, []byte("listen:\n  max_sessions: 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := execute(t, "check", "--show", "--config", file, "--set", "log.level=warn")
	text := strings.Join(strings.Fields(out), " ")
	for _, want := range []string{"listen.max_sessions 5 " + file + ":2 restart", "log.level warn --set reload", `listen.tls.addr "" default restart`} {
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("got %v and no %q in\n%s", err, want, out)
		}
	}
	if out, err := execute(t, "check", "--show", "--json", "--config", file); err != nil || !strings.Contains(out, "\n"+`{"key":"listen.max_sessions","value":"5",`) {
		t.Errorf("in JSON: got %q, %v", out, err)
	}
}

// TestCheckJSON has what is wrong with a file as JSON, and what to look at twice.
func TestCheckJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "readback.yaml")
	for text, want := range map[string]string{
		"track: {when: all}\n":       `{"errors":[],"warnings":[`,
		"listen: {max_sesions: 5}\n": `{"errors":[{"key":"listen.max_sesions","file":"` + file + `","line":1,"message":"unknown key","hint":`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := execute(t, "check", "--json", "--config", file)
		if (err == nil) != strings.Contains(want, "[]") || !strings.HasPrefix(out, want) || strings.Count(out, "\n") != 1 {
			t.Errorf("%s: got %q, %v, want %s", text, out, err, want)
		}
	}
}
