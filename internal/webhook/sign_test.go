package webhook

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The example of docs/wire.md and docs/integrators.md.
const (
	exampleSecret = "3f1c9a0d5e7b42688d1f0a6c4b9e7d21"
	exampleKey    = "whsec_M2YxYzlhMGQ1ZTdiNDI2ODhkMWYwYTZjNGI5ZTdkMjE=" // what its servers' verifiers take
	exampleEvent  = "01KAQXBQR7T3YJ7K6Y3V9Q0D5M"
	exampleBody   = "{}"
)

var exampleTime = time.Unix(1795422600, 0)

// verify is what a server does with the headers of Standard Webhooks.
func verify(h http.Header, body []byte) error {
	w, err := standardwebhooks.NewWebhook(exampleKey)
	if err != nil {
		return err
	}
	return w.Verify(body, h)
}

// check is what a server does with Readback-Signature, as docs/wire.md has it.
func check(header string, body []byte) error {
	t, v1, ok := strings.Cut(header, ",v1=")
	t, isTime := strings.CutPrefix(t, "t=")
	seconds, err := strconv.ParseInt(t, 10, 64)
	if !ok || !isTime || err != nil || v1 == "" {
		return errors.New("not t=…,v1=…")
	}
	at := time.Unix(seconds, 0)
	if time.Since(at).Abs() > 5*time.Minute {
		return errors.New("too old")
	}
	if secret.old(at, body) != header {
		return errors.New("wrong")
	}
	return nil
}

// TestSign has the signatures that openssl makes:
//
//	printf '01KAQXBQR7T3YJ7K6Y3V9Q0D5M.1795422600.{}' | openssl dgst -sha256 -hmac 3f1c9a0d5e7b42688d1f0a6c4b9e7d21 -binary | base64
//	printf '1795422600.{}' | openssl dgst -sha256 -hmac 3f1c9a0d5e7b42688d1f0a6c4b9e7d21
func TestSign(t *testing.T) {
	const signature, old = "v1,lg0JOUMDdDUUSgmOO1MA7PSqoOb8Sfsi4Mu7L+t9mXU=", "t=1795422600,v1=3ee30be21e43ef49171941fef95375a27f70e17776e2ccb1fa5fff4922950bac"
	for _, text := range []string{exampleSecret, exampleKey} {
		h := make(http.Header)
		if err := parsed(text).sign(h, exampleEvent, exampleTime, []byte(exampleBody)); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"webhook-id": exampleEvent, "webhook-timestamp": "1795422600", "webhook-signature": signature,
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s with %s: got %s, want %s", name, text, got, want)
			}
		}
	}
	if got := parsed(exampleSecret).old(exampleTime, []byte(exampleBody)); got != old {
		t.Errorf("got %s, want %s", got, old)
	}
	for page, words := range map[string][]string{
		"wire.md":        {exampleSecret, exampleEvent, signature, strings.TrimPrefix(signature, "v1,"), exampleKey, old[len("t=1795422600,v1="):]},
		"integrators.md": {exampleKey},
	} {
		text, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			if !strings.Contains(string(text), w) {
				t.Errorf("docs/%s: no %s", page, w)
			}
		}
	}
}

func TestParseSecret(t *testing.T) {
	b64 := func(octets int) string { return "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, octets)) }
	tests := []struct {
		name, text string
		ok         bool
	}{
		{"text", exampleSecret, true},
		{"base64", exampleKey, true},
		{"shortest", b64(24), true},
		{"longest", b64(64), true},
		{"too short", b64(23), false},
		{"too long", b64(65), false},
		{"no base64", exampleKey + "?", false},
		{"base64url", "whsec_" + strings.Repeat("_-", 16), false},
		{"prefix alone", "whsec_", false},
		{"another prefix", "whsec-" + exampleSecret, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if s, err := ParseSecret(tt.text); (err == nil) != tt.ok || (s != nil) != tt.ok {
				t.Errorf("got %v, %v, want ok %v", s, err, tt.ok)
			}
		})
	}
}

// TestOldSignature posts without the header of the first release.
func TestOldSignature(t *testing.T) {
	headers := make(chan http.Header, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { headers <- r.Header }))
	defer srv.Close()
	to := target(srv)
	to.OldSignature = false
	if err := hooks(t, Targets{Default: to}).Tell(t.Context(), sampleFeedback()); err != nil {
		t.Fatal(err)
	}
	h := <-headers
	if got := h.Values("Readback-Signature"); len(got) > 0 {
		t.Errorf("got Readback-Signature %q, want none", got)
	}
	if got := h.Get("webhook-id"); got != sampleFeedback().Event {
		t.Errorf("got webhook-id %q, want %s", got, sampleFeedback().Event)
	}
}
