package intake

import (
	"fmt"
	"strings"
	"testing"

	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/relaytest"
)

const optOutPath = "/v1/receivers/+447700900123/optout"

// An opt-out drops read responses, which are accepted, until it ends.
func TestOptOut(t *testing.T) {
	opt := testOptions(t)
	r := serve(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	first, second := r.submit(c, "id1"), r.submit(c, "id2")
	asks := []struct {
		method string
		want   string
	}{
		{"GET", `{"receiver":"447700900123","opted_out":false}`},
		{"PUT", `{"receiver":"447700900123","opted_out":true,"since":"`},
		{"PUT", `{"receiver":"447700900123","opted_out":true,"since":"`},
		{"GET", `{"receiver":"447700900123","opted_out":true,"since":"`},
	}
	for _, ask := range asks {
		if code, body := r.call(ask.method, optOutPath, ""); code != 200 || !strings.HasPrefix(body, ask.want) {
			t.Errorf("%s: got %d %s, want %s", ask.method, code, body, ask.want)
		}
	}
	r.read(c, 1) // accepted, silently
	if code, body := r.call("POST", "/v1/reads", `{"receiver":"447700900123","number":9}`); code != 404 {
		t.Errorf("number never sent: got %d %s, want 404 as ever", code, body)
	}
	if got := r.state(first); got != message.StateSent {
		t.Errorf("got state %v, want sent", got)
	}
	if got := relaytest.Metric(t, r.registry, "readback_reads_opted_out_total", ""); got != 1 {
		t.Errorf("got %v dropped, want 1", got)
	}
	if code, body := r.call("DELETE", optOutPath, ""); code != 200 || body != asks[0].want {
		t.Errorf("DELETE: got %d %s, want %s", code, body, asks[0].want)
	}
	r.read(c, 2)
	if a, b := r.state(first), r.state(second); a != message.StateSent || b != message.StateRead {
		t.Errorf("got states %v and %v, want the second read only", a, b)
	}
}

// A subscriber has access to its own receiver only, and a backend to all.
func TestReceiversByCaller(t *testing.T) {
	opt := testOptions(t)
	opt.Auth, opt.Tokens = []string{access.AuthJWT, access.AuthAPIKey}, subjects{}
	opt.APIKeys = []access.APIKey{{Name: "app", SHA256: relaytest.SHA256("secret")}}
	r := serve(t, opt)
	asks := [][2]string{
		{"GET", "/v1/conversations/bank/447700900123"},
		{"PUT", optOutPath},
		{"GET", optOutPath},
		{"DELETE", optOutPath},
		{"DELETE", "/v1/receivers/00447700900123"},
	}
	tests := []struct {
		name, header, value string
		code                int
	}{
		{"nobody", "X-Other", "", 401},
		{"another subscriber", "Authorization", "Bearer +447700900124", 403},
		{"itself", "Authorization", "Bearer +447700900123", 200},
		{"a backend", "X-API-Key", "secret", 200},
	}
	for _, tt := range tests {
		for _, ask := range asks {
			t.Run(fmt.Sprint(tt.name, " ", ask), func(t *testing.T) {
				want := tt.code
				if want == 200 && strings.HasSuffix(ask[1], "00447700900123") {
					want = 204
				}
				if code, body := r.call(ask[0], ask[1], "", tt.header, tt.value); code != want {
					t.Errorf("got %d %s, want %d", code, body, want)
				}
			})
		}
	}
	if code, body := r.call("PUT", "/v1/receivers/"+strings.Repeat("1", 21)+"/optout", "", "X-API-Key", "secret"); code != 400 {
		t.Errorf("long receiver: got %d %s, want 400", code, body)
	}
}

// A change while the ledger is down is refused at once, and has no later effect.
func TestChangesWhileDown(t *testing.T) {
	r := serve(t, testOptions(t))
	r.ledger.SetDown(true)
	for _, ask := range [][2]string{{"PUT", optOutPath}, {"DELETE", "/v1/receivers/447700900123"}} {
		w := r.record(ask[0], ask[1], "")
		if w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: got %d, want 503 and when to ask again", ask, w.Code)
		}
	}
	r.ledger.SetDown(false)
	if code, body := r.call("GET", optOutPath, ""); code != 200 || !strings.Contains(body, `"opted_out":false`) {
		t.Errorf("got %d %s, want none", code, body)
	}
}

// The number of changes of one receiver is limited, because an erasure searches the whole index.
func TestChangesAreBounded(t *testing.T) {
	r := serve(t, testOptions(t))
	code := 0
	for n := 0; code != 429; n++ {
		if code, _ = r.call("DELETE", "/v1/receivers/447700900123", ""); n > 2*maxChanges || code != 204 && code != 429 {
			t.Fatalf("number %d: got %d", n, code)
		}
	}
	if code, body := r.call("DELETE", "/v1/receivers/447700900124", ""); code != 204 {
		t.Errorf("another receiver: got %d %s, want 204", code, body)
	}
}
