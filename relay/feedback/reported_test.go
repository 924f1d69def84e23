package feedback

import (
	"context"
	"testing"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// reportedTime is shortly before midnight.
var reportedTime = time.Date(2026, 11, 23, 23, 59, 0, 0, time.UTC).UnixMilli()

// addRead puts a message that was sent at reportedTime and read into the index. It returns the
// feedback on the message.
func (f *fixture) addRead(c message.Conversation, day uint16, ordinal uint64) *message.Feedback {
	f.t.Helper()
	p := journal.Place{Conv: c, Day: day, Number: uint16(ordinal%257) + 1, Ordinal: ordinal}
	sent := journaltest.AcceptedAt(p, "id")
	sent.At = reportedTime
	f.recorder.index.write(sent, readRecord(p, time.UnixMilli(reportedTime)))
	found, err := f.index.FindNumber(&c, p.Number, relaytest.Any)
	if err != nil || found == nil {
		f.t.Fatalf("got %+v, %v, want the message", found, err)
	}
	return index.NewFeedback(&found.Place, &found.Entry)
}

// The first time that an ESME acknowledges a feedback, the log gets a record for the message that
// the feedback is about. It gets none for any other message.
func TestReportedIsRecorded(t *testing.T) {
	f := newFixture(t, newTestIndex(t))
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	day := message.DayOf(reportedTime)
	first := f.addRead(c, day, 4)
	late := f.addRead(other, day+1, 4) // numbered after midnight, submitted before
	older := f.addRead(c, day, 5)
	f.addRead(c, day, 5+257) // gets the same number
	lasting := f.addRead(relaytest.Conversation(t, "bank", "447700900199"), day+2, 7)
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
		{"filed under a later day", lasting, true},
		{"no sender", &strange, false},
		{"no receiver", &foreign, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f.wantReported(t, tt.fb, tt.want)
		})
	}
	f.recorder.full = true
	if f.recordReported(f.lookUpMessage(f.addRead(c, day, 9)), 7); len(f.recorder.take()) > 0 {
		t.Error("without room: got it queued")
	}
}

// wantReported wants a record for the first acknowledgement of a feedback only, or none at all.
func (f *fixture) wantReported(t *testing.T, fb *message.Feedback, want bool) {
	t.Helper()
	began := time.Now().UnixMilli()
	f.recordReported(f.lookUpMessage(fb), 7)
	all := f.recorder.take()
	if len(all) > 1 || (len(all) == 1) != want {
		t.Fatalf("got %+v queued, want a record: %v", all, want)
	}
	if !want {
		return
	}
	f.recorder.index.write(all...)
	found, err := f.index.FindFeedback(fb)
	if err != nil || found.Entry.ReportedAt < began {
		t.Fatalf("got %+v, %v, want it reported now", found, err)
	}
	if f.recordReported(f.lookUpMessage(fb), 7); len(f.recorder.take()) > 0 {
		t.Error("told again: got another record")
	}
}

// A feedback that an ESME has acknowledged before is not told again: not in this session, and not in
// one of another process, which knows it from the log. Any other feedback is told.
func TestDeliveredBefore(t *testing.T) {
	f := newFixture(t, newTestIndex(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	first, second := f.addRead(c, message.DayOf(reportedTime), 4), f.addRead(c, message.DayOf(reportedTime), 5)
	seq := uint64(0)
	told := func(a *account, fb *message.Feedback) (n int) {
		seq++
		m := &taken{}
		h := a.schedule.add(seq, m, fb, time.Now())
		a.schedule.nextAlone(time.Now())
		a.deliver(t.Context(), h, func(context.Context, *message.Feedback) error { n++; return nil })
		if len(m.settled) != 1 {
			t.Errorf("settled: got %v, want once", m.settled)
		}
		return n
	}
	a := f.accounts.newAccount("bank")
	if n, again, other := told(a, first), told(a, first), told(a, second); n != 1 || again != 0 || other != 1 {
		t.Errorf("in one session: told %d times, then %d, and another one %d, want 1, 0 and 1", n, again, other)
	}
	if n := told(f.accounts.newAccount("bank"), first); n != 1 {
		t.Errorf("before it is in the log: told %d times, want once more", n)
	}
	for _, rec := range f.recorder.take() {
		f.recorder.index.write(rec)
	}
	if n := told(f.accounts.newAccount("bank"), first); n != 0 {
		t.Errorf("in another session: told %d times, want none", n)
	}
	if got := f.counted("repeated"); got != 2 {
		t.Errorf("counted: got %v, want 2", got)
	}
}
