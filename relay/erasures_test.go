package relay

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// aside is a relay whose ledger is up and whose log nobody writes: the test does.
func aside(t *testing.T) *Relay {
	t.Helper()
	r, err := Open(testOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	r.status.set(nil)
	return r
}

// free reports whether nobody holds the locks of the two publishers.
func (r *Relay) free() (feedback, events bool) {
	if feedback = r.publishing.TryLock(); feedback {
		r.publishing.Unlock()
	}
	if events = r.publishingEvents.TryLock(); events {
		r.publishingEvents.Unlock()
	}
	return feedback, events
}

// TestNothingIsPublishedDuringErasure: from before the record of an erasure is queued until the
// index has it, nothing goes from an outbox to a stream. What a publisher has read by
// then would come back behind the erasure.
func TestNothingIsPublishedDuringErasure(t *testing.T) {
	r := aside(t)
	receiver := addr(t, "447700900123")
	verdict := make(chan Verdict, 1)
	go func() { verdict <- r.eraseIndex(deadline(t), receiver, time.Now()) }()
	receive(t, r.ledger.queue.wake)
	if feedback, events := r.free(); feedback || events {
		t.Errorf("while it is on its way: feedback can be published %v, events %v, want neither", feedback, events)
	}
	b := r.ledger.queue.take()
	if b.counts[kindErase] != 1 || len(b.reads) != 1 {
		t.Fatalf("got %+v in the queue, want the erasure", b)
	}
	b.reads[0].tell(outcomeNoted)
	if v := receive(t, verdict); v.Code != http.StatusAccepted {
		t.Errorf("got %+v, want 202", v)
	}
	if feedback, events := r.free(); !feedback || !events {
		t.Errorf("afterwards: feedback can be published %v, events %v, want both", feedback, events)
	}
}

// publishingJS calls f with what is published.
type publishingJS struct {
	jetstream.JetStream
	f func(*nats.Msg)
}

func (js publishingJS) PublishMsgAsync(m *nats.Msg, _ ...jetstream.PublishOpt) (jetstream.PubAckFuture, error) {
	js.f(m)
	return nil, errAway
}

// TestErasureWaitsForThePublishers: what was read from an outbox is in its stream, or still in
// the outbox, before an erasure begins.
func TestErasureWaitsForThePublishers(t *testing.T) {
	r := aside(t)
	c := conversation(t, "10690001", "447700900123")
	a := &applier{
		ix: r.index, told: func(int, int) {}, events: func([]byte) bool { return true }, eventsTold: func() {},
	}
	p := place{conv: c, day: 20780, number: 5, ordinal: 4}
	b := appendAccepted(appendHeader(nil, header{epoch: 1}), &record{place: p, bound: 5, at: 1, from: Address{Addr: c.Sender}, to: Address{Addr: c.Receiver}}, "bank")
	if _, err := a.apply(1, appendRead(b, &record{place: p, status: StatusRead, readAt: 2, at: 3}), true); err != nil {
		t.Fatal(err)
	}
	var published int
	var feedback, events bool
	r.js = publishingJS{f: func(*nats.Msg) {
		published++
		feedback, events = r.free()
	}}
	if _, err := (&publisher{relay: r}).publish(deadline(t)); err == nil || published != 1 || feedback {
		t.Errorf("feedback: got %v, %d published, erasure can begin %v, want one and that it cannot", err, published, feedback)
	}
	if _, err := r.publishSome(deadline(t)); err == nil || published != 2 || events {
		t.Errorf("events: got %v, %d published, erasure can begin %v, want one more and that it cannot", err, published, events)
	}
	if feedback, events := r.free(); !feedback || !events {
		t.Errorf("afterwards: erasure can begin %v, %v, want that it can", feedback, events)
	}
}

// TestErasuresCover: an erasure covers what came until then, of its receiver alone.
func TestErasuresCover(t *testing.T) {
	e, at := newErasures(), time.Now()
	e.note(addr(t, "447700900123"), at)
	tests := []struct {
		name, receiver string
		after          time.Duration
		want           bool
	}{
		{"before", "447700900123", -time.Hour, true},
		{"at the same time", "+447700900123", 0, true},
		{"afterwards", "447700900123", 1, false},
		{"of another receiver", "447700900124", -time.Hour, false},
		{"of no receiver", "", -time.Hour, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := e.covers(&Feedback{Receiver: tt.receiver, ReceivedAt: at.Add(tt.after)}); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	for i := range maxErasures {
		e.note(addr(t, fmt.Sprint(447700900000+i)), at)
	}
	if got := len(e.all.at); got != maxErasures {
		t.Errorf("got %d erasures in memory, want %d", got, maxErasures)
	}
}

// TestEraseForgetsTheReceiver: neither its rates nor what its ids stood for stay in memory, and
// its conversations go once the index knows as much; those of others stay.
func TestEraseForgetsTheReceiver(t *testing.T) {
	r := start(t, testOptions(t))
	mine, other := conversation(t, "10690001", "447700900123"), conversation(t, "10690001", "447700900124")
	for i := 125; r.ledger.table.of(&other.Receiver) != r.ledger.table.of(&mine.Receiver); i++ { // side by side
		other = conversation(t, "10690001", fmt.Sprint(447700900000+i))
	}
	open := conversation(t, "bank", "447700900123")
	now := time.Now()
	for _, c := range []Conversation{mine, other} {
		r.submit(c, "id1")
		r.reads.rates.by.put(rateKey{receiver: c.Receiver}, nil)
		r.reads.guesses.by.put(rateKey{c.Receiver, true}, nil)
		r.reads.replays.claim(replayKey{c.Receiver, 7}, said{}, now)
	}
	if err := r.Ledger().Assign(message(open)); err != nil {
		t.Fatal(err)
	}
	before := r.erasures
	if v := r.Erase(deadline(t), mine.Receiver); v.Code != 202 {
		t.Fatalf("erase: got %+v", v)
	}
	if !before.covers(&Feedback{Receiver: "447700900123", ReceivedAt: now}) {
		t.Error("what came before does not count as erased")
	}
	for name, n := range map[string]int{
		"rates": len(r.reads.rates.by.at), "guesses": len(r.reads.guesses.by.at), "ids": len(r.reads.replays.seen.at),
	} {
		if n != 1 {
			t.Errorf("%s: got %d in memory, want that of the other receiver", name, n)
		}
	}
	for c, want := range map[Conversation]bool{mine: false, open: true, other: true} {
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
