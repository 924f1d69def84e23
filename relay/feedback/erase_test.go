package feedback

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// free reports whether nobody holds the locks of the two publishers.
func (f *fixture) free() (feedback, events bool) {
	if feedback = f.outbox.mu.TryLock(); feedback {
		f.outbox.mu.Unlock()
	}
	if events = f.events.mu.TryLock(); events {
		f.events.mu.Unlock()
	}
	return feedback, events
}

// Nothing goes from an outbox to a stream while the record of an erasure is on its way to the
// index. Rows that a publisher has read by then would otherwise appear in a stream after the
// erasure.
func TestNothingIsPublishedDuringErasure(t *testing.T) {
	f := newFixture(t, newTestIndex(t))
	called := false
	f.WhilePaused(func() {
		called = true
		if feedback, events := f.free(); feedback || events {
			t.Errorf("while it is on its way: feedback can be published %v, events %v, want neither", feedback, events)
		}
	})
	if feedback, events := f.free(); !called || !feedback || !events {
		t.Errorf("afterwards: got it called %v, feedback can be published %v, events %v, want all", called, feedback, events)
	}
}

// An erasure does not begin between a publisher's read of an outbox and its write to a stream.
func TestErasureWaitsForThePublishers(t *testing.T) {
	ix := newTestIndex(t)
	f := newFixture(t, ix)
	p := testPlace(t)
	ix.write(journaltest.AcceptedAt(p, "id"))
	ix.write(readRecord(p, time.UnixMilli(2000)))
	var published int
	var feedback, events bool
	f.js = &fakeJS{publishAsync: func(*nats.Msg) error {
		published++
		feedback, events = f.free()
		return journal.ErrUnreachable
	}}
	if _, err := f.outbox.publish(relaytest.Deadline(t)); err == nil || published != 1 || feedback {
		t.Errorf("feedback: got %v, %d published, erasure can begin %v, want one and that it cannot", err, published, feedback)
	}
	if _, err := f.events.publish(relaytest.Deadline(t)); err == nil || published != 2 || events {
		t.Errorf("events: got %v, %d published, erasure can begin %v, want one more and that it cannot", err, published, events)
	}
	if feedback, events := f.free(); !feedback || !events {
		t.Errorf("afterwards: erasure can begin %v, %v, want that it can", feedback, events)
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
	f := servedFixture(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	telling, goOn := make(chan string), make(chan struct{})
	f.deliver("bank", func(_ context.Context, fb *message.Feedback) error {
		telling <- fb.MessageIDs[0]
		<-goOn
		return errors.New("ESME_RX_T_APPN")
	})
	f.fill("bank", c, "id1", "id2")
	if id := relaytest.Receive(t, telling); id != "id1" {
		t.Fatalf("got %s told first, want id1", id)
	}
	a := f.accounts.all["bank"]
	for { // until the second one is held, too
		a.mu.Lock()
		held := len(a.schedule.held)
		a.mu.Unlock()
		if held == 2 {
			break
		}
	}
	if err := f.Erase(relaytest.Deadline(t), c.Receiver, time.Now()); err != nil {
		t.Fatal(err)
	}
	close(goOn)
	f.fill("bank", c, "id3")
	if id := relaytest.Receive(t, telling); id != "id3" {
		t.Errorf("got %s told, want what came after the erasure", id)
	}
}
