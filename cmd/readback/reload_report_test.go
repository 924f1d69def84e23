package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"readback/config"
	"readback/internal/operator"
	"readback/internal/ops"
	"readback/internal/simulator"
	"readback/internal/testpeer"
)

// reloading is a gateway that reads a file at each reload, and writes its log to a file.
func reloading(t *testing.T) (r *running, write func(content string), log func() string) {
	t.Helper()
	dir := t.TempDir()
	file, logFile := filepath.Join(dir, "readback.yaml"), filepath.Join(dir, "log")
	to, err := os.Create(logFile)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = to.Close() })
	r = startLogging(t, slog.New(slog.NewTextHandler(to, nil)), new(ops.LogSettings), simulator.Options{NoReceipts: true}, nil)
	r.load = func() (config.Config, error) { return config.Load(file, nil) }
	write = func(content string) {
		testpeer.PutFiles(t, dir, map[string][]byte{"readback.yaml": []byte(content)})
	}
	return r, write, func() string {
		text, err := os.ReadFile(logFile)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// TestReloadSaysWhatChanged reads one configuration after another: over HTTP, by the command, and in the log.
func TestReloadSaysWhatChanged(t *testing.T) {
	r, write, log := reloading(t)
	key := filepath.Join(t.TempDir(), "secret")
	put := func(content string) {
		if err := os.WriteFile(key, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("0123456789abcdef")
	first := "feedback: {form: webhook, webhook: {url: https://app.example/hunter2, secret_file: " + key + "}}\naccounts: {bank: {rate: 5}, shop: {}}\n"
	write(first)
	if _, err := r.reload(); err != nil {
		t.Fatal(err)
	}
	put("0123456789abcdeF")
	write(strings.NewReplacer("hunter2", "hunter3", "rate: 5", "rate: 7", "shop", "mall").Replace(first) + "smsc: {window: 7}\n")
	code, body := r.post(t, "/v1/reload")
	var got operator.Reload
	if err := json.Unmarshal([]byte(body), &got); err != nil || code != http.StatusOK {
		t.Fatalf("got %d %s, %v", code, body, err)
	}
	var lines []string
	for _, c := range got.Changed {
		lines = append(lines, fmt.Sprintf("%s: %s → %s (%s) %v", c.Key, c.From, c.To, filepath.Base(c.Source.String()), c.Applied))
	}
	want := []string{
		"smsc.window: 100 → 7 (readback.yaml:3) false",
		"feedback.webhook.url: set → changed (readback.yaml:1) true",
		"accounts.bank.rate: 5 → 7 (readback.yaml:2) true",
		"accounts.mall: not listed → listed (readback.yaml:2) true",
		"accounts.shop: listed → not listed (default) true",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("changed: got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if a := got.Accounts; !slices.Equal(a.Added, []string{"mall"}) || !slices.Equal(a.Removed, []string{"shop"}) || !slices.Equal(a.Changed, []string{"bank"}) {
		t.Errorf("accounts: got %+v", a)
	}
	if !slices.Equal(got.Files, []operator.ChangedFile{{Key: "feedback.webhook.secret_file", Path: key, Applied: true}}) || !slices.Contains(got.Restart, "smsc.window") {
		t.Errorf("files: got %v; restart: got %v", got.Files, got.Restart)
	}
	text := log()
	for _, line := range []string{`msg="setting changed" key=accounts.bank.rate from=5 to=7 source=`, `msg="file changed" key=feedback.webhook.secret_file`, `key=smsc.window`} {
		if !strings.Contains(text, line) {
			t.Errorf("no %s in the log", line)
		}
	}
	if strings.Contains(text+body, "hunter") {
		t.Errorf("the log or the answer shows a secret:\n%s\n%s", text, body)
	}
	write("log: {level: warn}\n")
	out, err := execute(t, "reload", "--ops", r.Ops())
	if err != nil || !strings.Contains(out, "log.level ") || !strings.Contains(out, "in force") || !strings.HasPrefix(out, "KEY ") {
		t.Errorf("the command: got %q, %v", out, err)
	}
	if out, err = execute(t, "reload", "--ops", r.Ops()); err != nil || !strings.HasPrefix(out, "nothing has changed\n") {
		t.Errorf("once more: got %q, %v", out, err)
	}
}

// A setting that is again as at the start waits for nothing.
func TestReloadBackToTheStart(t *testing.T) {
	start, other := loaded(t, "smsc: {window: 7}\n"), loaded(t, "smsc: {window: 8}\n")
	for _, tt := range []struct {
		before, now config.Config
		applied     bool
		restart     []string
	}{{start, other, false, []string{"smsc.window"}}, {other, start, true, []string{}}} {
		r := reloadReport(start, tt.before, tt.now)
		if len(r.Changed) != 1 || r.Changed[0].Applied != tt.applied || !slices.Equal(r.Restart, tt.restart) {
			t.Errorf("got %+v and %v, want applied %v and %v", r.Changed, r.Restart, tt.applied, tt.restart)
		}
	}
}

// A file that is read at the start alone waits for a restart, until it has the content of then.
func TestReloadFiles(t *testing.T) {
	dir := t.TempDir()
	content := "smsc: {mode: shared, addr: '127.0.0.1:1', system_id: me, password_file: " + filepath.Join(dir, "password") + "}\n" +
		"feedback: {webhook: {secret_file: " + filepath.Join(dir, "secret") + "}}\n" +
		"accounts: {bank: {password_hash: $2a$04$V9IzLpGd/T7Sg/wIuWtYnOj0.CqCjvV4JDPfMrqVf0kzlzUS1LT0u}}\n"
	load := func(password, secret string) config.Config {
		testpeer.PutFiles(t, dir, map[string][]byte{"password": []byte(password), "secret": []byte(secret)})
		return loaded(t, content)
	}
	start, other := load("secret08", "0123456789abcdef"), load("secret09", "0123456789abcdeF")
	for _, tt := range []struct {
		before, now config.Config
		applied     bool // of the password
		restart     []string
		said        string
	}{
		{start, other, false, []string{"smsc.password_file"}, "changed, needs a restart: "},
		{other, other, false, []string{"smsc.password_file"}, ""},
		{other, start, true, []string{}, "read again: "},
	} {
		r := reloadReport(start, tt.before, tt.now)
		var want []operator.ChangedFile
		if tt.said != "" {
			want = []operator.ChangedFile{
				{Key: "smsc.password_file", Path: filepath.Join(dir, "password"), Applied: tt.applied},
				{Key: "feedback.webhook.secret_file", Path: filepath.Join(dir, "secret"), Applied: true},
			}
		}
		var out strings.Builder
		if err := showReload(&out, r); err != nil || !slices.Equal(r.Files, want) || !slices.Equal(r.Restart, tt.restart) ||
			tt.said != "" && !strings.Contains(out.String(), tt.said+filepath.Join(dir, "password")) {
			t.Errorf("got %+v, %v and %q, %v, want %+v, %v and %q", r.Files, r.Restart, &out, err, want, tt.restart, tt.said)
		}
	}
}

// TestReloadProblems says where each error of the configuration is, and what to do.
func TestReloadProblems(t *testing.T) {
	r, write, _ := reloading(t)
	write("track: {when: never}\nlisten: {max_session: 5}\n")
	code, body := r.post(t, "/v1/reload")
	var got struct {
		Detail, Hint string
		Errors       []operator.ConfigError
	}
	err := json.Unmarshal([]byte(body), &got)
	if err != nil || code != http.StatusUnprocessableEntity || len(got.Errors) != 2 || !strings.Contains(got.Detail, "track.when: unknown value, and 1 more") {
		t.Fatalf("got %d %s, %v", code, body, err)
	}
	first := got.Errors[0]
	first.File = filepath.Base(first.File)
	if want := (operator.ConfigError{Key: "track.when", File: "readback.yaml", Line: 1, Value: "never", Message: "unknown value", Hint: "requested, all or off"}); first != want {
		t.Errorf("got %+v, want %+v", first, want)
	}
	write("track: {when: all}\nfeedback:\n  template: \"{{range .}}{{end}}\"\n  form: mo\n")
	code, body = r.post(t, "/v1/reload")
	if err = json.Unmarshal([]byte(body), &got); err != nil || code != http.StatusUnprocessableEntity || len(got.Errors) != 1 || got.Errors[0].Line != 3 || got.Errors[0].Key != "feedback.template" {
		t.Errorf("a template: got %d %s, %v", code, body, err)
	}
	out, err := execute(t, "reload", "--json", "--ops", r.Ops())
	if err == nil || !strings.Contains(out, `"status":422`) {
		t.Errorf("in JSON: got %q, %v", out, err)
	}
	write("# nothing yet\n")
	if code, body = r.post(t, "/v1/reload"); code != http.StatusUnprocessableEntity || !strings.Contains(body, "the file is empty; the configuration before stays in force") {
		t.Errorf("an empty file: got %d %s", code, body)
	}
	write("feedback: {form: nats}\nrelay: {listen: \"127.0.0.1:4222\"}\n")
	if code, body = r.post(t, "/v1/reload"); code != http.StatusUnprocessableEntity || !strings.Contains(body, "until a restart relay.listen is empty") {
		t.Errorf("what needs a restart: got %d %s", code, body)
	}
	r.draining.Store(true)
	if code, body = r.post(t, "/v1/reload"); code != http.StatusConflict || !strings.Contains(body, "draining") {
		t.Errorf("while draining: got %d %s", code, body)
	}
	r.draining.Store(false)
}
