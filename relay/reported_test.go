package relay

import (
	"testing"
	"time"
)

// brought brings records into the index of a relay whose log nobody writes.
func (r *Relay) brought(t *testing.T, seq uint64, appendTo func(dst []byte) []byte) {
	t.Helper()
	a := &applier{ix: r.index, told: func(int, int) {}, passed: func(receipted) {}}
	if _, err := a.apply(seq, appendTo(appendHeader(nil, header{epoch: 1, serial: seq})), true); err != nil {
		t.Fatal(err)
	}
}

// TestReportedIsRecorded: the log is told once that an ESME has acknowledged a feedback, and of no message
// but the one that it is about.
func TestReportedIsRecorded(t *testing.T) {
	r := aside(t)
	c, other := conversation(t, "10690001", "447700900123"), conversation(t, "10690001", "447700900124")
	at := time.Date(2026, 11, 23, 23, 59, 0, 0, time.UTC)
	sent := func(c Conversation, day uint16, ordinal uint64, read bool) (place, *Feedback) {
		p := place{conv: c, day: day, number: uint16(ordinal%257) + 1, ordinal: ordinal}
		r.brought(t, ordinal+1, func(b []byte) []byte {
			b = appendAccepted(b, &record{
				place: p, bound: ordinal + 1, at: at.UnixMilli(), from: Address{Addr: c.Sender}, to: Address{Addr: c.Receiver},
			}, "bank")
			if read {
				b = appendRead(b, &record{place: p, status: StatusRead, readAt: at.UnixMilli(), at: at.UnixMilli()})
			}
			return b
		})
		f, err := r.index.findNumber(&c, p.number, maxDay)
		if err != nil || f == nil {
			t.Fatalf("got %+v, %v, want the message", f, err)
		}
		return p, newFeedback(&f.place, &f.entry)
	}
	day := dayOf(at.UnixMilli())
	_, first := sent(c, day, 4, true)
	_, late := sent(other, day+1, 4, true) // numbered after midnight, submitted before
	_, older := sent(c, day, 5, true)
	sent(c, day, 5+257, true) // the number is given again
	_, nobodys := sent(conversation(t, "bank", "447700900199"), day+2, 7, true)
	strange := *first
	strange.Sender = "a sender that is too long to be one"
	foreign := *first
	foreign.Receiver = foreign.Sender + foreign.Sender + foreign.Sender
	for _, tt := range []struct {
		name string
		fb   *Feedback
		want bool
	}{
		{"told", first, true},
		{"numbered the day after", late, true},
		{"another message has its number", older, false},
		{"of another day", nobodys, false},
		{"no sender", &strange, false},
		{"no receiver", &foreign, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			began := time.Now().UnixMilli()
			r.reported(tt.fb)
			b := r.ledger.queue.take()
			if (b != nil) != tt.want {
				t.Fatalf("got %+v queued, want a record: %v", b, tt.want)
			}
			if !tt.want {
				return
			}
			r.brought(t, 1000, func(dst []byte) []byte { return append(dst, b.buf[b.body:]...) })
			f, err := r.index.findFeedback(tt.fb)
			if err != nil || f.entry.reportedAt < began {
				t.Fatalf("got %+v, %v, want it reported now", f, err)
			}
			if r.reported(tt.fb); r.ledger.queue.take() != nil {
				t.Error("told again: got another record")
			}
		})
	}
	r.ledger.queue.records = maxQueuedRecords
	_, last := sent(c, day, 9, true)
	if r.reported(last); r.ledger.queue.records != maxQueuedRecords || r.ledger.queue.drops != 0 {
		t.Error("without room: got it queued or counted")
	}
}
