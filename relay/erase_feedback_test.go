package relay

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// free reports whether nobody holds the locks of the two publishers.
func (r *Relay) free() (feedback, events bool) {
	if feedback = r.feedback.outbox.mu.TryLock(); feedback {
		r.feedback.outbox.mu.Unlock()
	}
	if events = r.feedback.events.mu.TryLock(); events {
		r.feedback.events.mu.Unlock()
	}
	return feedback, events
}

// Nothing goes from an outbox to a stream while the record of an erasure is on its way to the
// index. Rows that a publisher has read by then would otherwise appear in a stream after the
// erasure.
func TestNothingIsPublishedDuringErasure(t *testing.T) {
	r := idleRelay(t)
	receiver := relaytest.Addr(t, "447700900123")
	verdict := make(chan message.Verdict, 1)
	go func() { verdict <- r.eraseIndex(relaytest.Deadline(t), receiver, time.Now()) }()
	relaytest.Receive(t, r.ledger.queue.wake)
	if feedback, events := r.free(); feedback || events {
		t.Errorf("while it is on its way: feedback can be published %v, events %v, want neither", feedback, events)
	}
	b := r.ledger.queue.take()
	if b.counts[journal.KindErase] != 1 || len(b.waiters) != 1 {
		t.Fatalf("got %+v in the queue, want the erasure", b)
	}
	b.waiters[0].tell(index.Noted, nil)
	if v := relaytest.Receive(t, verdict); !v.IsAccepted() {
		t.Errorf("got %+v, want 202", v)
	}
	if feedback, events := r.free(); !feedback || !events {
		t.Errorf("afterwards: feedback can be published %v, events %v, want both", feedback, events)
	}
}

// An erasure does not begin between a publisher's read of an outbox and its write to a stream.
func TestErasureWaitsForThePublishers(t *testing.T) {
	r := idleRelay(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	a := &index.Applier{
		Index: r.index, Events: func([]byte) bool { return true },
	}
	p := journal.Place{Conv: c, Day: 20780, Number: 5, Ordinal: 4}
	b := journal.AppendAccepted(journal.AppendHeader(nil, journal.Header{Epoch: 1}), &journal.Record{Place: p, Bound: 5, At: 1, From: message.Address{Addr: c.Sender}, To: message.Address{Addr: c.Receiver}}, "bank")
	if _, err := a.Apply(1, journal.AppendRead(b, &journal.Record{Place: p, Status: message.StatusRead, ReadAt: 2, At: 3}), true); err != nil {
		t.Fatal(err)
	}
	var published int
	var feedback, events bool
	r.feedback.js = &fakeJS{publishAsync: func(*nats.Msg) error {
		published++
		feedback, events = r.free()
		return journal.ErrUnreachable
	}}
	if _, err := r.feedback.outbox.publish(relaytest.Deadline(t)); err == nil || published != 1 || feedback {
		t.Errorf("feedback: got %v, %d published, erasure can begin %v, want one and that it cannot", err, published, feedback)
	}
	if _, err := r.feedback.events.publish(relaytest.Deadline(t)); err == nil || published != 2 || events {
		t.Errorf("events: got %v, %d published, erasure can begin %v, want one more and that it cannot", err, published, events)
	}
	if feedback, events := r.free(); !feedback || !events {
		t.Errorf("afterwards: erasure can begin %v, %v, want that it can", feedback, events)
	}
}

// An erasure removes feedback that is still in the outbox.
func TestEraseFromOutbox(t *testing.T) {
	r := start(t, testOptions(t))
	mine, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	r.submit(mine, "id1")
	r.submit(other, "id2")
	r.feedback.outbox.mu.Lock()
	r.read(mine, 1)
	r.read(other, 1)
	erased := make(chan message.Verdict, 1)
	go func() { erased <- r.Erase(relaytest.Deadline(t), mine.Receiver) }()
	// Whoever comes first, the publisher or the erasure: nothing of mine is left.
	r.feedback.outbox.mu.Unlock()
	if v := relaytest.Receive(t, erased); !v.IsAccepted() {
		t.Fatalf("erase: got %+v", v)
	}
	if fb := relaytest.Receive(t, r.tellings("bank")); fb.Receiver != "447700900124" {
		t.Errorf("feedback: got %+v, want that of the other receiver", fb)
	}
	r.wantEmpty(queueStream)
	if rows, err := r.index.OutboxRows(); err != nil || rows > 1 { // the record of the other one's may follow
		t.Errorf("got %d rows, %v", rows, err)
	}
}

// An erasure covers the feedback that was received before it, of its receiver only.
func TestErasuresCover(t *testing.T) {
	e, at := newErasures(nil), time.Now()
	e.note(relaytest.Addr(t, "447700900123"), at)
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
			if got := e.covers(&message.Feedback{Receiver: tt.receiver, ReceivedAt: at.Add(tt.after)}); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	for i := range maxErasures {
		e.note(relaytest.Addr(t, fmt.Sprint(447700900000+i)), at)
	}
	if got := e.all.Len(); got != maxErasures {
		t.Errorf("got %d erasures in memory, want %d", got, maxErasures)
	}
}

// Feedback that a session holds or delivers during an erasure is not delivered again.
func TestEraseWhileTold(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.submit(c, "id1")
	r.submit(c, "id2")
	telling, goOn := make(chan string), make(chan struct{})
	r.deliver("bank", func(_ context.Context, fb *message.Feedback) error {
		telling <- fb.MessageIDs[0]
		<-goOn
		return errors.New("ESME_RX_T_APPN")
	})
	r.read(c, 1)
	r.read(c, 2)
	if id := relaytest.Receive(t, telling); id != "id1" {
		t.Fatalf("got %s told first, want id1", id)
	}
	a := r.feedback.accounts.all["bank"]
	for { // until the second one is held, too
		a.mu.Lock()
		held := len(a.order.held)
		a.mu.Unlock()
		if held == 2 {
			break
		}
	}
	if v := r.Erase(relaytest.Deadline(t), c.Receiver); !v.IsAccepted() {
		t.Fatalf("erase: got %+v", v)
	}
	r.submit(c, "id3")
	close(goOn)
	r.read(c, 3)
	if id := relaytest.Receive(t, telling); id != "id3" {
		t.Errorf("got %s told, want what came after the erasure", id)
	}
}
