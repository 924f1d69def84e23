package reads

import (
	"testing"
	"time"

	"readback/relay/relaytest"
)

// An id of a receiver stands for one read response until the window is over.
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
