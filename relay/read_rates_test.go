package relay

import (
	"fmt"
	"testing"
	"time"

	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/relaytest"
)

func TestReadRates(t *testing.T) {
	opt := testOptions(t)
	opt.Auth = []string{access.AuthAPIKey}
	opt.APIKeys = []access.APIKey{{Name: "app", SHA256: hashOf("app")}, {Name: "slow", SHA256: hashOf("slow"), Rate: 1}}
	opt.ReadRate, opt.ReadBurst = 1, 2
	r := start(t, opt)
	post := func(key, receiver string) (int, string) {
		return r.call("POST", "/v1/reads", `{"receiver":"`+receiver+`","number":1}`, "X-API-Key", key)
	}
	for i, want := range []int{404, 404, 429} {
		if code, body := post("app", "447700900123"); code != want {
			t.Errorf("number %d of one receiver: got %d %s, want %d", i+1, code, body, want)
		}
	}
	if code, _ := post("app", "447700900124"); code != 404 {
		t.Errorf("another receiver: got %d, want 404", code)
	}
	for i, want := range []int{404, 429} {
		if code, body := post("slow", fmt.Sprint("44770090020", i)); code != want {
			t.Errorf("number %d of a slow key: got %d %s, want %d", i+1, code, body, want)
		}
	}
	w := r.record("POST", "/v1/reads", `{"receiver":"447700900123","number":1}`, "X-API-Key", "app")
	if after := w.Header().Get("Retry-After"); after == "" || after == "0" {
		t.Errorf("Retry-After: got %q, want seconds", after)
	}
}

// A caller with a proof of 32 bits has a limited number of attempts, even where others have no
// limit.
func TestGuessRate(t *testing.T) {
	for _, tt := range []struct{ rate, burst, want int }{{0, 0, 1000}, {1 << 20, 1 << 20, 1000}, {1, 2, 2}} {
		opt := testOptions(t)
		opt.Auth, opt.Proofs, opt.Audit = []string{access.AuthProof}, proofs(t), false
		opt.ReadRate, opt.ReadBurst = tt.rate, tt.burst
		now, r := time.Now(), start(t, opt)
		rd := Read{Receiver: "447700900123", Sender: "bank", Number: 1, Proof: "00000000", By: access.Caller{NeedsProof: true}}
		taken := 0
		for ; taken <= 1000; taken++ {
			if _, v := r.reads.check(&rd, now); v.Kind == message.VerdictTooMany {
				break
			}
		}
		if taken != tt.want {
			t.Errorf("rate %d, burst %d: got %d guesses at once, want %d", tt.rate, tt.burst, taken, tt.want)
		}
		rd.By = access.Caller{Name: "app"}
		if _, v := r.reads.check(&rd, now); v.IsDecided() {
			t.Errorf("rate %d: a key: got %+v", tt.rate, v)
		}
	}
}

func TestReplays(t *testing.T) {
	r := newReplays(10 * time.Minute)
	now := time.Now()
	key := replayKey{relaytest.Addr(t, "447700900123"), 7}
	one, other := said{sender: relaytest.Addr(t, "bank"), number: 1, status: 1}, said{sender: relaytest.Addr(t, "bank"), number: 2, status: 1}
	steps := []struct {
		name    string
		key     replayKey
		content said
		after   time.Duration
		want    bool
	}{
		{"first", key, one, 0, true},
		{"again", key, one, time.Minute, true},
		{"other content", key, other, 2 * time.Minute, false},
		{"other status", key, said{sender: one.sender, number: 1, status: 2}, 2 * time.Minute, false},
		{"another receiver", replayKey{relaytest.Addr(t, "447700900124"), 7}, other, 2 * time.Minute, true},
		{"no id", replayKey{receiver: key.receiver}, one, 0, true},
		{"no id, other content", replayKey{receiver: key.receiver}, other, 0, true},
		{"after the window", key, other, 11 * time.Minute, true},
		{"what it stood for before", key, one, 11 * time.Minute, false},
	}
	for _, s := range steps {
		if got := r.claim(s.key, s.content, now.Add(s.after)); got != s.want {
			t.Errorf("%s: got %v, want %v", s.name, got, s.want)
		}
	}
	for i := range maxReplays + 10 {
		r.claim(replayKey{key.receiver, uint64(i + 1)}, one, now)
	}
	if got := r.seen.Len(); got != maxReplays {
		t.Errorf("got %d ids in memory, want %d", got, maxReplays)
	}
	r.forget(key.receiver)
	if got := r.seen.Len(); got != 0 {
		t.Errorf("after forget: got %d ids, want none", got)
	}
}

// Without a window, or without an id, nothing is remembered.
func TestNoReplayWindow(t *testing.T) {
	key := replayKey{relaytest.Addr(t, "447700900123"), 7}
	for _, r := range []*replays{newReplays(0), newReplays(time.Minute)} {
		if r.window > 0 {
			key.id = 0
		}
		for number := range uint16(3) {
			if !r.claim(key, said{number: number}, time.Now()) {
				t.Errorf("window %s, id %d: got it refused", r.window, key.id)
			}
		}
		if r.seen.Len() > 0 {
			t.Errorf("window %s, id %d: got %d remembered, want none", r.window, key.id, r.seen.Len())
		}
	}
}
