package relay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// An erasure removes one receiver everywhere, and leaves the others.
func TestErase(t *testing.T) {
	r := start(t, testOptions(t))
	mine, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	second := relaytest.Conversation(t, "bank", "447700900123")
	for _, c := range []message.Conversation{mine, second, other} {
		for i := range 4 {
			r.submit(c, fmt.Sprint("id", i))
		}
	}
	old := tracked(mine) // of another day
	old.At = time.Now().Add(-48 * time.Hour)
	if err := r.Ledger().Assign(old); err != nil {
		t.Fatal(err)
	}
	r.accept(old, "old")
	buried := make(chan struct{}, 2)
	leave := r.deliver("bank", func(context.Context, *message.Feedback) error {
		buried <- struct{}{}
		return message.Permanent(errors.New("ESME_RX_P_APPN"))
	})
	r.read(mine, 1)
	r.read(other, 1)
	relaytest.Receive(t, buried)
	relaytest.Receive(t, buried)
	r.wantEmpty(streamFeedback)
	leave()
	for _, c := range []message.Conversation{mine, second, other} { // these wait
		r.read(c, 2)
	}
	r.wantMessages(streamFeedback, 3)
	if code, body := r.call("DELETE", "/v1/receivers/+447700900123", ""); code != 204 || body != "" {
		t.Fatalf("got %d %s, want 204", code, body)
	}
	for _, c := range []message.Conversation{mine, second} {
		if f := r.found(c, 1); f != nil {
			t.Errorf("%v: got %+v, want no message", c.Sender, f)
		}
		if v := r.Reads().Submit(relaytest.Deadline(t), response(c, 3)); v.Kind != message.VerdictNotFound {
			t.Errorf("%v: read: got %+v, want 404", c.Sender, v)
		}
	}
	if f := r.found(mine, old.Number); f != nil {
		t.Errorf("of another day: got %+v, want no message", f)
	}
	if f := r.found(other, 3); f == nil {
		t.Error("the other receiver: got no message")
	}
	if sh := r.ledger.table.of(&mine.Receiver); sh.heads[mine] != nil || sh.heads[second] != nil {
		t.Error("got the conversation in memory")
	}
	r.wantMessages(streamFeedback, 1)
	r.wantMessages(streamDead, 1)
	if key := r.keyWith("447700900123"); key != "" {
		t.Errorf("got key %q in the index", key)
	}
	if fb := relaytest.Receive(t, r.tellings("bank")); fb.Receiver != "447700900124" || fb.Number != 2 {
		t.Errorf("feedback: got %+v, want that of the other receiver", fb)
	}
}

// wantMessages waits until a stream has so many messages.
func (r *running) wantMessages(stream string, want uint64) {
	r.t.Helper()
	ctx := relaytest.Deadline(r.t)
	for {
		s, err := r.js.Stream(ctx, stream)
		if err != nil {
			r.t.Fatalf("%s: %v, want %d messages", stream, err, want)
		}
		if s.CachedInfo().State.Msgs == want {
			return
		}
	}
}

// keyWith returns a key or value of the index with these octets in it.
func (r *running) keyWith(octets string) string {
	r.t.Helper()
	found := ""
	if err := r.index.EachRow(func(key, value []byte) bool {
		if pair := string(key) + "=" + string(value); strings.Contains(pair, octets) {
			found = pair
		}
		return found == ""
	}); err != nil {
		r.t.Fatal(err)
	}
	return found
}

// After an erasure no number is assigned twice: not at once, not after a kill, and not after the
// index was built again. Building it again does not bring the messages back.
func TestEraseKeepsNumbers(t *testing.T) {
	opt := testOptions(t)
	opt.Logger = nil
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r := start(t, opt)
	last := uint64(0)
	send := func(n int) {
		t.Helper()
		for range n {
			s := r.submit(c, "id")
			if s.ordinal < last {
				t.Fatalf("got ordinal %d, want at least %d", s.ordinal, last)
			}
			last = s.ordinal + 1
		}
	}
	erase := func() {
		t.Helper()
		if v := r.Erase(relaytest.Deadline(t), c.Receiver); !v.IsAccepted() {
			t.Fatalf("erase: got %+v", v)
		}
	}
	lives := []struct {
		name string
		end  func()
	}{
		{"stop", func() { _ = r.stop() }},
		{"kill", func() { r.crash() }},
		{"kill and no index", func() { r.crash(); remove(t, opt.Store) }},
		{"stop and no index", func() { _ = r.stop(); remove(t, opt.Store) }},
	}
	for _, life := range lives {
		send(20)
		erase()
		send(3)
		erase()
		number := r.opt.First + uint16((last-1)%r.opt.numbers())
		life.end()
		r = start(t, opt)
		if f := r.found(c, number); f != nil {
			t.Errorf("%s: got %+v, want no message", life.name, f)
		}
		if key := r.keyWith("447700900123"); key != "" {
			t.Errorf("%s: got key %q in the index", life.name, key)
		}
	}
	send(1)
}

func remove(t *testing.T, store string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(store, "index")); err != nil {
		t.Fatal(err)
	}
}

// An erasure waits for another erasure, or for the log, no longer than its caller's context.
func TestEraseWaitsNoLongerThanItsCaller(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	ctx, cancel := context.WithCancel(relaytest.Deadline(t))
	cancel()
	verdicts := make(chan message.Verdict, 1)
	erase := func() { verdicts <- r.Erase(ctx, c.Receiver) }
	r.erasing <- struct{}{}
	go erase()
	if v := relaytest.Receive(t, verdicts); v.Kind != message.VerdictUnavailable {
		t.Errorf("another one is at work: got %+v, want 503", v)
	}
	<-r.erasing
	r.status.set(ErrDown)
	r.feedback.whilePaused(func() { // until the log has room
		go erase()
		if v := relaytest.Receive(t, verdicts); v.Kind != message.VerdictUnavailable {
			t.Errorf("the ledger is away: got %+v, want 503", v)
		}
	})
}

// An erasure removes the receiver's rates, ids and conversations from memory. A conversation
// with a number that is not in the index yet stays, and so do other receivers.
func TestEraseForgetsTheReceiver(t *testing.T) {
	opt := testOptions(t)
	opt.ReadRate, opt.ReadBurst = 1, 1
	r := start(t, opt)
	mine, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	for i := 125; r.ledger.table.of(&other.Receiver) != r.ledger.table.of(&mine.Receiver); i++ { // side by side
		other = relaytest.Conversation(t, "10690001", fmt.Sprint(447700900000+i))
	}
	open := relaytest.Conversation(t, "bank", "447700900123")
	now := time.Now()
	for _, c := range []message.Conversation{mine, other} {
		r.submit(c, "id1")
		r.reads.rates.Take(&c.Receiver, false, now)
		r.reads.guesses.Take(&c.Receiver, true, now)
		r.reads.replays.claim(replayKey{c.Receiver, 7}, said{}, now)
	}
	if err := r.Ledger().Assign(tracked(open)); err != nil {
		t.Fatal(err)
	}
	if v := r.Erase(relaytest.Deadline(t), mine.Receiver); !v.IsAccepted() {
		t.Fatalf("erase: got %+v", v)
	}
	for c, want := range map[message.Conversation]bool{mine: true, other: false} {
		if got := r.reads.rates.Take(&c.Receiver, false, now) == 0; got != want {
			t.Errorf("%v: got another read taken: %v, want %v", c, got, want)
		}
		if got := r.reads.guesses.Take(&c.Receiver, true, now) == 0; got != want {
			t.Errorf("%v: got another guess taken: %v, want %v", c, got, want)
		}
	}
	if got := r.reads.replays.seen.Len(); got != 1 {
		t.Errorf("ids: got %d in memory, want that of the other receiver", got)
	}
	for c, want := range map[message.Conversation]bool{mine: false, open: true, other: true} {
		sh := r.ledger.table.of(&c.Receiver)
		sh.mu.Lock()
		got, listed := sh.heads[c] != nil, false
		for h := sh.oldest; h != nil; h = h.newer {
			listed = listed || h.conv == c
		}
		sh.mu.Unlock()
		if got != want || listed != want {
			t.Errorf("%v: got it in memory %v, listed %v, want %v", c, got, listed, want)
		}
	}
}
