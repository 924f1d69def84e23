package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/config"
	"readback/handset"
	"readback/internal/simulator"
	"readback/relay/access"
	"readback/relay/message"
	"readback/smpp"
)

// post sends a request without a body to the operator's pages.
func (r *running) post(t *testing.T, path string) (int, string) {
	t.Helper()
	resp, err := http.Post("http://"+r.Ops()+path, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// exchange sends a message from an ESME and has it read.
func (r *running) exchange(ctx context.Context, t *testing.T, e *simulator.ESME, to string) {
	t.Helper()
	m := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number(to), UserData: []byte("Hello")}
	if resp, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil || resp.Status() != smpp.StatusOK {
		t.Fatalf("submit_sm: %v %v", resp, err)
	}
	respond := simulator.HTTPReads("http://"+r.Reads()+"/v1/reads", "")
	if err := respond(ctx, handset.Response{Receiver: to, Sender: "10690001", Number: 1, Status: handset.Read}); err != nil {
		t.Fatalf("read response: %v", err)
	}
}

// TestReload changes the form of feedback under a session that stays bound: by HTTP, by
// SIGHUP, to a webhook and back.
func TestReload(t *testing.T) {
	r := startService(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	told := make(chan smpp.Frame, 10)
	e, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{
		Bind:      simulator.Bind{SystemID: "bank"},
		OnRequest: func(f smpp.Frame) pdu.Status { told <- bytes.Clone(f); return smpp.StatusOK },
	})
	if err != nil {
		t.Fatal(err)
	}
	app, posted := webhookApp(t)
	form := func(name string) func(*config.Config) {
		return func(cfg *config.Config) {
			cfg.Feedback.Form = name
			cfg.Feedback.Webhook.URL, cfg.Feedback.Webhook.AllowPrivate = app.URL, true
		}
	}
	r.exchange(ctx, t, e, receiver(0))
	wantClass(ctx, t, told, smpp.ESMClassDeliveryAck)

	r.written.write(form("user-ack"), nil)
	if code, body := r.post(t, "/-/reload"); code != http.StatusOK || body != "" {
		t.Fatalf("reload: got %d %q, want 200 and nothing to say", code, body)
	}
	r.exchange(ctx, t, e, receiver(1))
	wantClass(ctx, t, told, smpp.ESMClassUserAck)

	r.written.write(form("webhook"), nil)
	if code, body := r.post(t, "/-/reload"); code != http.StatusOK {
		t.Fatalf("reload: got %d %q", code, body)
	}
	r.exchange(ctx, t, e, receiver(2))
	select {
	case fb := <-posted:
		if fb.Account != "bank" || fb.Receiver != receiver(2) {
			t.Errorf("webhook: got %+v", fb)
		}
	case <-ctx.Done():
		t.Fatal("no webhook")
	}

	r.written.write(form("receipt"), nil)
	r.hangup <- syscall.SIGHUP
	for {
		if _, metrics := get(t, "http://"+r.Ops()+"/metrics"); strings.Contains(metrics, `readback_config_reloads_total{result="ok"} 3`) {
			break
		}
	}
	r.exchange(ctx, t, e, receiver(3))
	wantClass(ctx, t, told, smpp.ESMClassReceipt)
	select {
	case <-e.Done():
		t.Error("the session was lost")
	default:
	}
}

// TestReloadFails: what is wrong is said, and everything stays as it was.
func TestReloadFails(t *testing.T) {
	r := startService(t, nil)
	sound, err := r.written.load()
	if err != nil {
		t.Fatal(err)
	}
	off := func(cfg *config.Config) { cfg.Feedback.Form = "off" }
	tests := []struct {
		name   string
		change func(*config.Config)
		err    error
		want   string
	}{
		{"unreadable", off, config.Errors{
			{File: "readback.yaml", Line: 7, Key: "track.when", Value: "never", Problem: "unknown value", Hint: "requested, all or off"},
			{File: "readback.yaml", Line: 9, Key: "accounts", Problem: "found text"},
		}, "readback.yaml:7: track.when: \"never\": unknown value (hint: requested, all or off)\nreadback.yaml:9: accounts: found text\n"},
		{"no authorities", func(cfg *config.Config) {
			cfg.Feedback.Form, cfg.Feedback.Webhook.CA = "webhook", filepath.Join(t.TempDir(), "none.pem")
		}, nil, "feedback.webhook.ca"},
		{"secret that is no base64", func(cfg *config.Config) {
			cfg.Feedback.Form, cfg.Feedback.Webhook.Secret = "webhook", "whsec_3f1c9a0d5e7b4268?"
		}, nil, "feedback.webhook.secret_file"},
		{"mtls alone", func(cfg *config.Config) { cfg.Relay.Auth = []string{"mtls"} }, nil, "reads.auth"},
		{"no key", func(cfg *config.Config) { cfg.Relay.Auth = []string{"api_key"} }, nil, "api_key"},
		{"no tokens", func(cfg *config.Config) {
			cfg.Relay.Auth, cfg.Reads.JWT.Keys = []string{"jwt"}, filepath.Join(t.TempDir(), "none.json")
		}, nil, "reads.jwt"},
		{"template", func(cfg *config.Config) { cfg.Feedback.Template = "{{" }, nil, "feedback.template"},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r.written.write(func(cfg *config.Config) {
				*cfg = sound
				tt.change(cfg)
			}, tt.err)
			before := r.webhooks.Wanted("bank")
			code, body := r.post(t, "/-/reload")
			if code != http.StatusUnprocessableEntity || !strings.Contains(body, tt.want) {
				t.Errorf("got %d %q, want 422 with %q", code, body, tt.want)
			}
			if r.webhooks.Wanted("bank") != before {
				t.Error("the new one is in force in part")
			}
			_, metrics := get(t, "http://"+r.Ops()+"/metrics")
			if want := `readback_config_reloads_total{result="error"} ` + string(rune('1'+i)); !strings.Contains(metrics, want) {
				t.Errorf("/metrics lacks %s", want)
			}
		})
	}
}

// TestReloadCallers changes who may send read responses.
func TestReloadCallers(t *testing.T) {
	r := startService(t, nil)
	ask := func(key string) int {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, "http://"+r.Reads()+"/v1/conversations/1/2", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-API-Key", key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if got := ask(""); got != http.StatusOK {
		t.Errorf("before: got %d, want 200", got)
	}
	for _, key := range []string{"first", "second"} {
		r.written.write(func(cfg *config.Config) {
			sum := sha256.Sum256([]byte(key))
			cfg.Relay.Auth = []string{"api_key"}
			cfg.Relay.APIKeys = []access.APIKey{{Name: key, SHA256: hex.EncodeToString(sum[:])}}
		}, nil)
		if code, body := r.post(t, "/-/reload"); code != http.StatusOK || body != "" {
			t.Fatalf("reload: got %d %q", code, body)
		}
		for shown, want := range map[string]int{"": 401, "first": 401, "second": 401, key: 200} {
			if got := ask(shown); got != want {
				t.Errorf("key %q of %q: got %d, want %d", shown, key, got, want)
			}
		}
	}
}

func TestReloadSaysWhatNeedsARestart(t *testing.T) {
	r := startService(t, nil)
	r.written.write(func(cfg *config.Config) {
		cfg.Warnings = []string{"readback.yaml:3: track.iei: an odd one"}
		cfg.Gateway.Window, cfg.Listen.Addr = 7, ":1"
	}, nil)
	code, body := r.post(t, "/-/reload")
	want := "warning: readback.yaml:3: track.iei: an odd one\n" +
		"warning: listen.addr: the change needs a restart\nwarning: smsc.window: the change needs a restart\n"
	if code != http.StatusOK || body != want {
		t.Errorf("got %d %q, want %q", code, body, want)
	}
}

// TestReloadCommand tells a gateway where its file says that it is.
func TestReloadCommand(t *testing.T) {
	r := startService(t, nil)
	file := filepath.Join(t.TempDir(), "readback.yaml")
	if err := os.WriteFile(file, []byte("ops: {addr: \""+r.Ops()+"\"}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"reload", "--config", file}, {"reload", "--ops", r.Ops()}} {
		for _, fails := range []bool{false, true} {
			var loadErr error
			if fails {
				loadErr = errors.New("track.when: no")
			}
			r.written.write(func(cfg *config.Config) { cfg.Warnings = []string{"look twice"} }, loadErr)
			var errs bytes.Buffer
			cmd := newCommand()
			cmd.SetArgs(args)
			cmd.SetErr(&errs)
			err := cmd.ExecuteContext(t.Context())
			if (err != nil) != fails || fails && !strings.Contains(errs.String(), "track.when: no") {
				t.Errorf("%v: got %v, want an error: %v", args, err, fails)
			}
			if !fails && errs.String() != "warning: look twice\n" {
				t.Errorf("%v: got %q", args, &errs)
			}
		}
	}
}

// A page in the operator's browser cannot have the gateway do something.
func TestOpsRefusesOtherOrigins(t *testing.T) {
	r := startService(t, nil)
	for _, path := range []string{"/-/reload", "/-/drain", "/v1/dead/replay?all=true"} {
		req, err := http.NewRequest(http.MethodPost, "http://"+r.Ops()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "https://elsewhere.example")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: got %s, want 403", path, resp.Status)
		}
	}
}

// webhookApp is an application that takes feedback by webhook, and what it gets.
func webhookApp(t *testing.T) (*httptest.Server, <-chan *message.Feedback) {
	t.Helper()
	posted := make(chan *message.Feedback, 10)
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		fb := new(message.Feedback)
		if err := json.NewDecoder(req.Body).Decode(fb); err != nil {
			t.Errorf("webhook: %v", err)
		}
		posted <- fb
	}))
	t.Cleanup(app.Close)
	return app, posted
}

// wantClass waits for a feedback, and looks at its esm_class.
func wantClass(ctx context.Context, t *testing.T, told <-chan smpp.Frame, want byte) {
	t.Helper()
	select {
	case f := <-told:
		if m, err := smpp.ParseMessage(f); err != nil || m.ESMClass() != want {
			t.Errorf("feedback % x, want esm_class %02x", []byte(f), want)
		}
	case <-ctx.Done():
		t.Fatal("no feedback")
	}
}
