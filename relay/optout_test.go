package relay

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/access"
	"readback/relay/index"
	"readback/relay/message"
	"readback/relay/relaytest"
)

const optOutPath = "/v1/receivers/+447700900123/optout"

func TestOptOut(t *testing.T) {
	opt := testOptions(t)
	reg := prometheus.NewRegistry()
	opt.Registerer = reg
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.submit(c, "id1")
	r.submit(c, "id2")
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
	if v := r.Reads().Submit(relaytest.Deadline(t), response(c, 9)); v.Kind != message.VerdictNotFound {
		t.Errorf("number never sent: got %+v, want 404 as ever", v)
	}
	if f := r.found(c, 1); f.Entry.State != message.StateSent {
		t.Errorf("got state %v, want sent", f.Entry.State)
	}
	if got := value(t, reg, "readback_reads_opted_out_total", ""); got != 1 {
		t.Errorf("got %v dropped, want 1", got)
	}
	if code, body := r.call("DELETE", optOutPath, ""); code != 200 || body != asks[0].want {
		t.Errorf("DELETE: got %d %s, want %s", code, body, asks[0].want)
	}
	r.read(c, 2)
	if fb := relaytest.Receive(t, r.tellings("bank")); fb.Number != 2 {
		t.Errorf("feedback: got number %d, want 2 only", fb.Number)
	}
}

// found is the entry of a number.
func (r *running) found(c message.Conversation, number uint16) *index.Found {
	r.t.Helper()
	f, err := r.index.FindNumber(&c, number, message.DayOf(time.Now().Add(time.Hour).UnixMilli()))
	if err != nil {
		r.t.Fatal(err)
	}
	return f
}

// An opt-out survives a kill, and an index that is built again from the log.
func TestOptOutHolds(t *testing.T) {
	opt := testOptions(t)
	opt.Logger = nil
	r := start(t, opt)
	receiver, other := relaytest.Addr(t, "447700900123"), relaytest.Addr(t, "447700900124")
	for _, a := range []message.Addr{receiver, other} {
		if v := r.optOuts.set(relaytest.Deadline(t), &a, true); !v.IsAccepted() {
			t.Fatalf("opt out: got %+v", v)
		}
	}
	if v := r.optOuts.set(relaytest.Deadline(t), &other, false); !v.IsAccepted() {
		t.Fatalf("end of opt-out: got %+v", v)
	}
	before, err := r.optOuts.get(&receiver)
	if err != nil {
		t.Fatal(err)
	}
	r.crash()
	for _, lose := range []bool{false, true} {
		if lose {
			if err := os.RemoveAll(filepath.Join(opt.Store, "index")); err != nil {
				t.Fatal(err)
			}
		}
		r = start(t, opt)
		now, err := r.optOuts.get(&receiver)
		if err != nil || !now.On || !now.Since.Equal(*before.Since) {
			t.Errorf("index lost: %v: got %+v, %v, want it to hold", lose, now, err)
		}
		if now, err := r.optOuts.get(&other); err != nil || now.On {
			t.Errorf("index lost: %v: got %+v, %v, want it to have ended", lose, now, err)
		}
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// An opt-out is renewed before the log forgets it.
func TestOptOutIsRenewed(t *testing.T) {
	opt := testOptions(t)
	reg := prometheus.NewRegistry()
	opt.Registerer = reg
	r := start(t, opt)
	receiver := relaytest.Addr(t, "447700900123")
	if v := r.optOuts.set(relaytest.Deadline(t), &receiver, true); !v.IsAccepted() {
		t.Fatalf("got %+v", v)
	}
	before, err := r.optOuts.get(&receiver)
	if err != nil {
		t.Fatal(err)
	}
	at := func(before time.Time) int {
		stale, err := r.index.StaleOptOuts(before.UnixMilli(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(stale)
	}
	if young, old := at(time.Now().Add(-time.Hour)), at(time.Now().Add(time.Hour)); young != 0 || old != 1 {
		t.Errorf("stale: got %d before and %d after, want 0 and 1", young, old)
	}
	renewed := time.Now()
	if err := r.optOuts.renew(renewed.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if v := r.optOuts.set(relaytest.Deadline(t), ptr(relaytest.Addr(t, "447700900124")), true); !v.IsAccepted() { // behind it in the log
		t.Fatalf("got %+v", v)
	}
	awaitValue(t, reg, "readback_ledger_records_total", "opt_out", 3)
	if stale := at(renewed); stale != 0 {
		t.Errorf("stale: got %d after it was renewed, want none", stale)
	}
	if now, err := r.optOuts.get(&receiver); err != nil || !now.On || !now.Since.Equal(*before.Since) {
		t.Errorf("got %+v, %v, want %+v", now, err, before)
	}
}

func ptr[T any](v T) *T { return &v }

// A subscriber has access to its own receiver only, and a backend to all.
func TestReceiversByCaller(t *testing.T) {
	opt := testOptions(t)
	opt.Auth, opt.Tokens = []string{access.AuthJWT, access.AuthAPIKey}, subjects{}
	opt.APIKeys = []access.APIKey{{Name: "app", SHA256: hashOf("secret")}}
	r := start(t, opt)
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
	r := start(t, testOptions(t))
	r.status.set(ErrDown)
	for _, ask := range [][2]string{{"PUT", optOutPath}, {"DELETE", "/v1/receivers/447700900123"}} {
		w := r.record(ask[0], ask[1], "")
		if w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: got %d, want 503 and when to ask again", ask, w.Code)
		}
	}
	r.status.set(nil)
	if now, err := r.optOuts.get(ptr(relaytest.Addr(t, "447700900123"))); err != nil || now.On {
		t.Errorf("got %+v, %v, want none", now, err)
	}
}

// The number of changes of one receiver is limited, because an erasure searches the whole index.
func TestChangesAreBounded(t *testing.T) {
	r := start(t, testOptions(t))
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
