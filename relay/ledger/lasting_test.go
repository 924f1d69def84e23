package ledger

import (
	"testing"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

const day = 24 * time.Hour

// sendAt sends a message that was submitted some time ago, and that the SMSC may deliver until some time
// from now; 0: as long as it likes.
func (p *partition) sendAt(c message.Conversation, id string, ago, until time.Duration) *Sent {
	p.t.Helper()
	s := toSend(c)
	s.At = time.Now().Add(-ago)
	if until != 0 {
		s.Until = time.Now().Add(until)
	}
	if err := p.Assign(s); err != nil {
		p.t.Fatal(err)
	}
	p.accept(s, id)
	return s
}

// canBeRead reports whether a read of the message finds it, now that old messages have expired.
func (p *partition) canBeRead(s *Sent) bool {
	p.t.Helper()
	p.CatchUp()
	if err := p.index.Expire(p.OldestDay()); err != nil {
		p.t.Fatal(err)
	}
	stands, err := p.Standing(&s.Conversation)
	if err != nil {
		p.t.Fatal(err)
	}
	f, err := p.index.FindNumber(&s.Conversation, s.Number, stands)
	if err != nil {
		p.t.Fatal(err)
	}
	return f != nil && f.Place.Ordinal == s.ordinal && !time.Now().After(f.LastsUntil(p.keep))
}

// A message that the SMSC may deliver later than Keep can be read until that time and a day, also after a
// restart and when the index is rebuilt from a log that has it. That has a bound.
func TestLastingMessages(t *testing.T) {
	l := runLedger(t)
	tests := []struct {
		name       string
		ago, until time.Duration
		want       bool
	}{
		{"young", day, 0, true},
		{"too old", 8 * day, 0, false},
		{"valid until soon", 20 * day, time.Hour, true},
		{"valid for less than Keep", 8 * day, -3 * day, false},
		{"valid for almost Keep", 7*day + time.Hour, -22 * time.Hour, true},
		{"valid until under a day ago", 20 * day, -23 * time.Hour, true},
		{"valid until days ago", 20 * day, -4 * day, false},
		{"valid for years", 29 * day, 9999 * day, true},
		{"valid for years, and past the bound", 34 * day, 9999 * day, false},
		{"valid until before it was sent", 8 * day, -9999 * day, false},
		{"young, and valid until long ago", day, -9999 * day, true},
	}
	sent := make([]*Sent, len(tests))
	for i, tt := range tests {
		sent[i] = l.sendAt(relaytest.Conversation(t, "10690001", "4477009001"+string(rune('0'+i/10))+string(rune('0'+i%10))), tt.name, tt.ago, tt.until)
	}
	for _, life := range []string{"first life", "after a restart", "with a new index"} {
		for i, tt := range tests {
			if got := l.canBeRead(sent[i]); got != tt.want {
				t.Errorf("%s, %s: got %v, want %v", life, tt.name, got, tt.want)
			}
		}
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		if life == "after a restart" {
			l.loseIndex()
		}
		l = l.again()
	}
}

// The number of a message that lasts stands for it until it is assigned again, and then for the newer one.
func TestLastingMessageSuperseded(t *testing.T) {
	l := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	old := l.sendAt(c, "old", 20*day, 5*day)
	for n := 1; n < 257; n++ {
		l.sendAt(c, "between", 10*day, 0)
	}
	if !l.canBeRead(old) {
		t.Error("before its number is assigned again: cannot be read")
	}
	newer := l.submit(c, "newer")
	if newer.Number != old.Number || l.canBeRead(old) || !l.canBeRead(newer) {
		t.Errorf("got number %d, read of the old one %v, of the newer one %v; want %d, and the newer one",
			newer.Number, l.canBeRead(old), l.canBeRead(newer), old.Number)
	}
}

// Receipts and feedback find a message that lasts. A later message with the same message_id has its receipts.
func TestLastingMessageReceipts(t *testing.T) {
	l := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	old := l.sendAt(c, "A", 20*day, 10*day) // filed under a day to come
	l.CatchUp()
	if p, _, err := l.Find("bank", &c, []byte("A")); err != nil || p == nil || p.Ordinal != old.ordinal {
		t.Fatalf("receipt of the old message: got %+v, %v, want it found", p, err)
	}
	if v := l.read(old); !v.IsAccepted() {
		t.Fatalf("read: got %+v", v)
	}
	told := l.outbox()
	if len(told) != 1 {
		t.Fatalf("got %d feedbacks, want 1", len(told))
	}
	if f, err := l.index.FindFeedback(&told[0]); err != nil || f == nil || f.Place.Ordinal != old.ordinal {
		t.Errorf("feedback: got %+v, %v, want the message found", f, err)
	}
	newer := l.submit(c, "A")
	l.CatchUp()
	if p, _, err := l.Find("bank", &c, []byte("A")); err != nil || p == nil || p.Ordinal != newer.ordinal {
		t.Errorf("receipt of the newer message: got %+v, %v, want %d", p, err, newer.ordinal)
	}
}

// In shared mode the receipt of a message that lasts finds its account, by its message_id alone, too. If a
// later message has the id, it finds that one's.
func TestLastingRoutes(t *testing.T) {
	l := runLedger(t)
	place := journal.Place{Day: message.DayOf(time.Now().UnixMilli()) + 4}
	route := func(account string, p journal.Place) {
		t.Helper()
		told := make(relaytest.Logged, 1)
		l.Route(account, p, []byte("A"), told, 1)
		relaytest.Receive(t, told)
		l.CatchUp()
	}
	want := func(want string) {
		t.Helper()
		if got, _ := l.Routed(message.Conversation{}, []byte("A")); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	route("bank", place)
	want("bank")
	route("shop", journal.Place{})
	want("shop")
	if err := l.index.Expire(place.Day - 1); err != nil {
		t.Fatal(err)
	}
	want("bank")
}

// What the log does not know of an epoch counts for as long as a message of before it can be read.
func TestSkipsOfLastingMessages(t *testing.T) {
	l := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	l.submit(c, "A")
	l.kill()
	l = l.again()
	for _, tt := range []struct {
		after time.Duration
		want  int
	}{{index.MaxLasting + day, 1}, {index.MaxLasting + 4*day, 0}} {
		if err := l.index.Expire(message.DayOf(time.Now().Add(tt.after).UnixMilli())); err != nil {
			t.Fatal(err)
		}
		if skips, err := l.index.Skips(); err != nil || len(skips) != tt.want {
			t.Errorf("%s later: got %d, %v, want %d", tt.after, len(skips), err, tt.want)
		}
	}
}
