package relay

import (
	"testing"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// reportedTime is shortly before midnight.
var reportedTime = time.Date(2026, 11, 23, 23, 59, 0, 0, time.UTC).UnixMilli()

// addRead puts a message that was sent at reportedTime and read into the index of an idle relay. It
// returns the feedback on the message.
func (r *Relay) addRead(t *testing.T, c message.Conversation, day uint16, ordinal uint64) *message.Feedback {
	t.Helper()
	p := journal.Place{Conv: c, Day: day, Number: uint16(ordinal%257) + 1, Ordinal: ordinal}
	r.applyRecords(t, ordinal+1, func(b []byte) []byte {
		b = journal.AppendAccepted(b, &journal.Record{
			Place: p, Bound: ordinal + 1, At: reportedTime, From: message.Address{Addr: c.Sender}, To: message.Address{Addr: c.Receiver},
		}, "bank")
		return journal.AppendRead(b, &journal.Record{Place: p, Status: message.StatusRead, ReadAt: reportedTime, At: reportedTime})
	})
	f, err := r.index.FindNumber(&c, p.Number, index.MaxDay)
	if err != nil || f == nil {
		t.Fatalf("got %+v, %v, want the message", f, err)
	}
	return index.NewFeedback(&f.Place, &f.Entry)
}

// The first time that an ESME acknowledges a feedback, the log gets a record for the message that
// the feedback is about. It gets none for any other message.
func TestReportedIsRecorded(t *testing.T) {
	r := idleRelay(t)
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	day := message.DayOf(reportedTime)
	first := r.addRead(t, c, day, 4)
	late := r.addRead(t, other, day+1, 4) // numbered after midnight, submitted before
	older := r.addRead(t, c, day, 5)
	r.addRead(t, c, day, 5+257) // gets the same number
	nobodys := r.addRead(t, relaytest.Conversation(t, "bank", "447700900199"), day+2, 7)
	strange, foreign := *first, *first
	strange.Sender = "a sender that is too long to be one"
	foreign.Receiver = first.Sender + first.Sender + first.Sender
	for _, tt := range []struct {
		name string
		fb   *message.Feedback
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
			r.wantReported(t, tt.fb, tt.want)
		})
	}
	r.ledger.queue.records = maxQueuedRecords
	last := r.addRead(t, c, day, 9)
	if r.feedback.reported(last); r.ledger.queue.records != maxQueuedRecords || r.ledger.queue.drops != 0 {
		t.Error("without room: got it queued or counted")
	}
}

// wantReported wants a record for the first acknowledgement of a feedback only, or none at all.
func (r *Relay) wantReported(t *testing.T, fb *message.Feedback, want bool) {
	t.Helper()
	began := time.Now().UnixMilli()
	r.feedback.reported(fb)
	b := r.ledger.queue.take()
	if (b != nil) != want {
		t.Fatalf("got %+v queued, want a record: %v", b, want)
	}
	if !want {
		return
	}
	r.applyRecords(t, 1000, func(dst []byte) []byte { return append(dst, b.buf[b.body:]...) })
	f, err := r.index.FindFeedback(fb)
	if err != nil || f.Entry.ReportedAt < began {
		t.Fatalf("got %+v, %v, want it reported now", f, err)
	}
	if r.feedback.reported(fb); r.ledger.queue.take() != nil {
		t.Error("told again: got another record")
	}
}
