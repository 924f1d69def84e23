package webhook

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"readback/relay/message"
)

var secret = parsed("3f1c9a0d5e7b42688d1f0a6c4b9e7d21")

func parsed(text string) *Secret {
	s, err := ParseSecret(text)
	if err != nil {
		panic(err)
	}
	return s
}

// target is a server of the test's, on loopback.
func target(srv *httptest.Server) *Target {
	return &Target{URL: srv.URL + "/readback?token=t", Secret: secret, OldSignature: true, Timeout: 5 * time.Second, AllowPrivate: true}
}

func hooks(t *testing.T, targets Targets) *Webhooks {
	return New(targets, "test", slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func sampleFeedback() *message.Feedback {
	at := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	return &message.Feedback{
		Event: "01JDCB8K400000000000000000", Account: "bank", Sender: "10690001", Receiver: "8613800138000",
		Number: 17, Status: message.StatusRead, MessageIDs: []string{"4A7F01"}, SubmittedAt: at, ReadAt: at, ReceivedAt: at,
	}
}

func TestRequest(t *testing.T) {
	type request struct {
		*http.Request
		body []byte
	}
	requests := make(chan request, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- request{r, body}
	}))
	defer srv.Close()
	h := hooks(t, Targets{Default: target(srv)})
	if err := h.Tell(t.Context(), sampleFeedback()); err != nil {
		t.Fatal(err)
	}
	r := <-requests
	if r.Method != http.MethodPost || r.URL.RequestURI() != "/readback?token=t" || r.ContentLength != int64(len(r.body)) {
		t.Errorf("got %s %s of %d octets", r.Method, r.URL, r.ContentLength)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "readback/test", "Readback-Event": sampleFeedback().Event,
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if err := check(r.Header.Get("Readback-Signature"), r.body); err != nil {
		t.Errorf("signature %q: %v", r.Header.Get("Readback-Signature"), err)
	}
	if check(r.Header.Get("Readback-Signature"), append(r.body, ' ')) == nil {
		t.Error("the signature holds for another body, too")
	}
	if err := verify(r.Header, r.body); err != nil {
		t.Errorf("headers %v: %v", r.Header, err)
	}
	var got message.Feedback
	if err := json.Unmarshal(r.body, &got); err != nil || got.Event != sampleFeedback().Event || got.Number != 17 || got.MessageIDs[0] != "4A7F01" {
		t.Errorf("got %s, %v", r.body, err)
	}
}

// A receipt of the SMSC's that was kept back, for an account that had another form, is no news
// of a message read.
func TestReceiptIsNoFeedback(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it is posted") }))
	defer srv.Close()
	fb := sampleFeedback()
	fb.Status, fb.Receipt = 0, []byte("a PDU")
	if err := hooks(t, Targets{Default: target(srv)}).Tell(t.Context(), fb); !message.IsPermanent(err) {
		t.Errorf("got %v, want a dead letter", err)
	}
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name      string
		status    int
		retry     string
		most      int // such errors
		done      bool
		permanent bool
	}{
		{"200", 200, "", 0, true, false},
		{"202", 202, "", 0, true, false},
		{"204", 204, "", 0, true, false},
		{"redirect", 307, "", 0, false, false},
		{"400", 400, "", 10, false, false},
		{"401", 401, "", 10, false, false},
		{"404", 404, "", 10, false, false},
		{"408", 408, "", 0, false, false},
		{"410", 410, "", 0, false, true},
		{"425", 425, "", 0, false, false},
		{"429", 429, "7", 0, false, false},
		{"500", 500, "", 0, false, false},
		{"503", 503, "", 0, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if asked++; r.URL.Path != "/readback" {
					t.Error("the redirect was followed")
				}
				w.Header().Set("Location", "/elsewhere")
				w.Header().Set("Retry-After", tt.retry)
				w.WriteHeader(tt.status)
			}))
			defer srv.Close()
			err := hooks(t, Targets{Default: target(srv)}).Tell(t.Context(), sampleFeedback())
			if (err == nil) != tt.done || message.IsPermanent(err) != tt.permanent || message.Most(err) != tt.most || asked != 1 {
				t.Errorf("got %v, permanent %v, at most %d, asked %d times; want done %v, permanent %v, at most %d, once",
					err, message.IsPermanent(err), message.Most(err), asked, tt.done, tt.permanent, tt.most)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "0": 0, "-1": 0, "soon": 0, "1e3": 0, "999999": time.Hour, "99999999999999999999": 0,
		"Mon, 23 Nov 2026 08:31:00 GMT": time.Minute, "Mon, 23 Nov 2026 08:29:00 GMT": 0, "Tue, 24 Nov 2026 08:30:00 GMT": time.Hour,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
	}
}

// Whatever goes wrong on the way, the feedback is told again, and no error shows the
// token in the URL.
func TestTrouble(t *testing.T) {
	hang := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer slow.Close()
	defer close(hang)
	cut := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer cut.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	defer secure.Close()
	hasty := *target(slow)
	hasty.Timeout = 20 * time.Millisecond
	guarded := *target(cut)
	guarded.AllowPrivate = false
	named := guarded
	named.URL = strings.Replace(named.URL, "127.0.0.1", "localhost", 1)
	tests := []struct {
		name   string
		target *Target
		want   string // in the error
	}{
		{"no answer", &hasty, "deadline"},
		{"cut off", target(cut), "EOF"},
		{"nobody there", target(gone), "refused"},
		{"not public", &guarded, "not a public address"},
		{"a name for what is not public", &named, "not a public address"},
		{"unknown authority", target(secure), "certificate"},
		{"no target", nil, "no webhook"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := hooks(t, Targets{Default: tt.target}).Tell(t.Context(), sampleFeedback())
			if err == nil || message.IsPermanent(err) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want a temporary error with %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "token") {
				t.Errorf("the URL is in %v", err)
			}
		})
	}
	known := target(secure)
	known.Roots = x509.NewCertPool()
	known.Roots.AddCert(secure.Certificate())
	if err := hooks(t, Targets{Default: known}).Tell(t.Context(), sampleFeedback()); err != nil {
		t.Errorf("known authority: got %v", err)
	}
}

// An answer without end costs no more than the time-out.
func TestEndlessAnswer(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for chunk := make([]byte, 1<<10); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	defer srv.Close()
	if err := hooks(t, Targets{Default: target(srv)}).Tell(t.Context(), sampleFeedback()); err != nil {
		t.Error(err)
	}
}

// Another account has another target, or none; a swap holds for what is told next.
func TestTargets(t *testing.T) {
	asked := make(chan string, 4)
	server := func(name string) *Target {
		srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- name }))
		t.Cleanup(srv.Close)
		return target(srv)
	}
	general, own := server("general"), server("own")
	h := hooks(t, Targets{Default: general, Accounts: map[string]*Target{"shop": own, "quiet": nil, "café": own}})
	tell := func(account, want string) {
		t.Helper()
		if got := h.Wanted(account); got != (want != "") {
			t.Errorf("%s: wanted: got %v", account, got)
		}
		fb := sampleFeedback()
		fb.Account = account
		if err := h.Tell(context.Background(), fb); (err == nil) != (want != "") {
			t.Errorf("%s: got %v", account, err)
		}
		if want == "" {
			return
		}
		if got := <-asked; got != want {
			t.Errorf("%s: got %s, want %s", account, got, want)
		}
	}
	tell("bank", "general")
	tell("shop", "own")
	tell("quiet", "")
	tell("café", "own")
	tell("caf\xe9", "own") // the configuration is UTF-8
	h.Use(Targets{Accounts: map[string]*Target{"bank": own}})
	tell("bank", "own")
	tell("shop", "")
}

func TestIsPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"93.184.216.34:443": true, "[2606:2800:220:1::1]:443": true, "[::ffff:93.184.216.34]:443": true,
		"127.0.0.1:80": false, "127.9.9.9:80": false, "10.0.0.1:80": false, "172.16.0.1:80": false, "192.168.1.1:80": false,
		"169.254.169.254:80": false, "100.64.0.1:80": false, "0.0.0.0:80": false, "255.255.255.255:80": false, "224.0.0.1:80": false,
		"[::1]:80": false, "[::]:80": false, "[fe80::1%eth0]:80": false, "[fd00::1]:80": false, "[::ffff:127.0.0.1]:80": false,
		"[::ffff:10.0.0.1]:80": false, "[64:ff9b::7f00:1]:80": false, "[2002:7f00:1::]:80": false, "[ff02::1]:80": false,
		"0.1.2.3:80": false, "100.127.255.255:80": false, "192.0.0.8:80": false, "198.18.0.1:80": false, "198.19.255.1:80": false,
		"240.0.0.1:80": false, "[64:ff9b:1::1]:80": false, "[2001::1]:80": false, "[fec0::1]:80": false, "[::ffff:100.64.0.1]:80": false,
		"100.63.255.255:80": true, "100.128.0.1:80": true, "198.17.255.1:80": true, "198.20.0.1:80": true, "172.32.0.1:80": true,
		"[::127.0.0.1]:80": false, "[::93.184.216.34]:80": false, "[::ffff:0:127.0.0.1]:80": false, "[::ffff:0:93.184.216.34]:80": false,
		"[2001:db8::1]:80": false, "[3fff::1]:80": false, "[100::1]:80": false, "[5f00::1]:80": false, "[4000::1]:80": false, "[2001:2::1]:80": false,
		"192.0.2.1:80": false, "198.51.100.1:80": false, "203.0.113.1:80": false, "192.88.99.1:80": false,
		"[2a00:1450::5efe:127.0.0.1]:80": false, "[2a00:1450::200:5efe:10.0.0.1]:80": false, "[2a00:1450::5efe:93.184.216.34]:80": true,
		"[::ffff:127.0.0.1%eth0]:80": false, "[2002:7f00:1::%eth0]:80": false, "[2a00:1450::1%eth0]:80": true, "[3ffe::1]:80": true, "[2001:200::1]:80": true,
		"nonsense": false,
	} {
		if err := refusePrivate("tcp", address, nil); (err == nil) != want {
			t.Errorf("%s: got %v, want public %v", address, err, want)
		}
	}
}
