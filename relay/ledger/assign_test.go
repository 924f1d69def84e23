package ledger

import (
	"errors"
	"strings"
	"testing"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// A message that could not be recorded gets no number.
func TestAssignChecks(t *testing.T) {
	l, h := idleLedger(t)
	for _, tt := range []struct {
		name   string
		change func(*Sent)
		want   error
	}{
		{"as it should be", func(*Sent) {}, nil},
		{"longest account", func(s *Sent) { s.Account = strings.Repeat("a", journal.MaxAccount) }, nil},
		{"account too long", func(s *Sent) { s.Account = strings.Repeat("a", journal.MaxAccount+1) }, message.ErrAddress},
		{"no sender", func(s *Sent) { s.Conversation.Sender = message.Addr{} }, message.ErrAddress},
		{"no receiver", func(s *Sent) { s.Conversation.Receiver = message.Addr{} }, message.ErrAddress},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := toSend(h.conv)
			tt.change(s)
			before := h.next
			if err := l.Assign(s); !errors.Is(err, tt.want) || (h.next == before) != (err != nil) {
				t.Errorf("got %v and %d numbers given, want %v", err, h.next-before, tt.want)
			}
			tt.change(s)
			s.Part = message.Part{Ref: 7, Total: 2, Seq: 1}
			if got := l.Follow(s); got != (tt.want == nil) {
				t.Errorf("follow: got %v, want %v", got, tt.want == nil)
			}
		})
	}
}

// A conversation that is not in memory goes on at the ordinal that the index and the epochs
// since then determine.
func TestLoad(t *testing.T) {
	l := indexedLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for _, tt := range []struct {
		name         string
		head         uint64 // the epoch in which the index noted 10 numbers; 0: never
		epoch, since uint64
		want         uint64
	}{
		{"never", 0, 1, 1, 0},
		{"never, in a later epoch", 0, 4, 1, 3 * window},
		{"in this epoch", 4, 4, 1, 10},
		{"in the one before", 3, 4, 1, 10 + window},
		{"three before", 1, 4, 1, 10 + 3*window},
		{"in the epoch that began with this cycle", 3, 4, 3, 10 + window},
		{"before this cycle", 2, 4, 3, 257}, // no number of it is out: from the first one on
	} {
		t.Run(tt.name, func(t *testing.T) {
			other := c
			other.Sender = relaytest.Addr(t, tt.name[:min(len(tt.name), 11)])
			if tt.head > 0 {
				a := &index.Applier{Index: l.index}
				if _, err := a.Apply(1, journal.Seal(journal.AppendHead(journal.AppendHeader(nil, journal.Header{Epoch: tt.head}), &c, 10)), false); err != nil {
					t.Fatal(err)
				}
				other = c
			}
			l.beginForTest(tt.epoch, tt.since)
			if got, err := l.load(&other); got.next != tt.want || err != nil {
				t.Errorf("got ordinal %d, %v, want %d", got.next, err, tt.want)
			}
		})
	}
	if err := l.index.Close(); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{l.Assign(toSend(c)), func() error { _, err := l.load(&c); return err }()} {
		if !errors.Is(err, ErrDown) {
			t.Errorf("without an index: got %v, want ErrDown", err)
		}
	}
}

// Assign marks a conversation in memory as used, and no other. One that is new is not used again yet.
func TestConversationIsUsed(t *testing.T) {
	l := indexedLedger(t)
	all := relaytest.Conversations(t, 3)
	for _, c := range []message.Conversation{all[0], all[1], all[1]} {
		l.mustAssign(t, toSend(c))
	}
	for i, want := range []bool{false, true} {
		sh, key := l.table.at(&all[i])
		if got := sh.slots.get(key, &all[i]).used; got != want {
			t.Errorf("conversation %d: got it used %v, want %v", i, got, want)
		}
	}
}

// The parts of a message share a number until the SMSC has accepted all of them. A refused part
// may come again with the same number. A part after the last one begins a new message.
func TestPartsAreAnswered(t *testing.T) {
	l, h := idleLedger(t)
	part := func(seq uint8, want uint64) *Sent {
		t.Helper()
		s := toSend(h.conv)
		s.Part = message.Part{Ref: 7, Total: 2, Seq: seq}
		if l.mustAssign(t, s); s.ordinal != want {
			t.Errorf("part %d: got ordinal %d, want %d", seq, s.ordinal, want)
		}
		return s
	}
	told := make(relaytest.Logged, 9)
	first, second := part(1, 0), part(2, 0)
	l.Refuse(second)
	l.Accept(first, []byte("A"), told, 1)
	second = part(2, 0) // it comes again
	l.Accept(second, []byte("B"), told, 2)
	if len(h.open()) > 0 || h.shard.open != 0 {
		t.Errorf("got %+v open, want none", h.open())
	}
	l.Accept(part(1, 1), []byte("C"), told, 3) // the reference is used again
	b := l.queue.take()
	if b.counts[journal.KindAccepted] != 3 || !b.changes {
		t.Errorf("got %d accepted, changes %v, want 3 that may change entries", b.counts[journal.KindAccepted], b.changes)
	}
	for i, want := range []out{{ordinal: 0, day: first.day, part: 1}, {ordinal: 0, day: first.day, part: 2}, {ordinal: 1, day: first.day, part: 1}} {
		if i >= len(h.out) || h.out[i] != want {
			t.Fatalf("got %+v out, want part 1 and 2 of the first message and part 1 of the second", h.out)
		}
	}
	follows, numbered := toSend(h.conv), toSend(h.conv)
	follows.Part, numbered.Part = message.Part{Ref: 9, Total: 2, Seq: 1}, message.Part{Ref: 9, Total: 2, Seq: 2}
	before := len(h.open())
	if !l.Follow(follows) || l.mustAssign(t, numbered).ordinal != 2 || len(h.open()) != before+1 {
		t.Errorf("behind a part without a number: got ordinal %d and %d messages open, want 2 and %d", numbered.ordinal, len(h.open()), before+1)
	}
}

// Only the first answer to a message counts.
func TestAnsweredOnce(t *testing.T) {
	l, h := idleLedger(t)
	told := make(relaytest.Logged, 9)
	for i, answer := range []func(*Sent){l.Refuse, func(s *Sent) { l.Accept(s, []byte("A"), told, 1) }} {
		s := l.mustAssign(t, toSend(h.conv))
		answer(s)
		b := l.queue.take()
		if b == nil || b.records != 1 {
			t.Fatalf("%d: got %+v queued, want one record", i, b)
		}
		l.Refuse(s)
		l.Accept(s, []byte("B"), told, 2)
		if b := l.queue.take(); b != nil {
			t.Errorf("%d: got %+v queued, want nothing more", i, b)
		}
		if _, late := l.queue.dropped(); len(late) != 1 || late[0].token != 2 {
			t.Errorf("%d: got %+v to tell, want the waiter of what is too late", i, late)
		}
	}
}

// A message that the gateway splits in two or more gets a reference. Other messages get none.
func TestCutTakesAReference(t *testing.T) {
	for cut, want := range map[uint8]uint16{0: 0, 1: 0, 2: 3, 3: 3} {
		l, h := idleLedger(t)
		h.next, h.logged, h.cover = 3, 3, 3
		s := toSend(h.conv)
		s.Split = cut
		if l.mustAssign(t, s); s.Part.Ref != want {
			t.Errorf("cut in %d: got reference %d, want %d", cut, s.Part.Ref, want)
		}
	}
}

// The record of an accepted message has all that is known of the message.
func TestAcceptedRecord(t *testing.T) {
	l, h := idleLedger(t)
	h.next, h.logged, h.cover = 300, 300, 300
	l.first, l.numbers = 10, 100
	s := toSend(h.conv)
	s.Reference, s.HasReference, s.WantsReceipt = 42, true, true
	told := make(relaytest.Logged, 1)
	if l.mustAssign(t, s); s.Number != 10 || s.day != message.DayOf(s.At.UnixMilli()) {
		t.Errorf("got number %d of day %d, want 10 of the day of its submission", s.Number, s.day)
	}
	if len(h.open()) > 0 {
		t.Errorf("got %+v open, want no parts", h.open())
	}
	id := strings.Repeat("i", journal.MaxMessageID+9)
	l.Accept(s, []byte(id), told, 1)
	b := l.queue.take()
	r, err := journal.ParseBatch(journal.Seal(b.buf))
	var rec journal.Record
	if err != nil || !r.Next(&rec) || rec.Kind != journal.KindAccepted {
		t.Fatalf("got %+v, %v, want an accepted message", rec, err)
	}
	if want := (journal.Place{Conv: h.conv, Day: s.day, Number: 10, Ordinal: 300}); rec.Place != want {
		t.Errorf("got it at %+v, want %+v", rec.Place, want)
	}
	if rec.Bound != 301 || rec.At != s.At.UnixMilli() || string(rec.MessageID) != id[:journal.MaxMessageID] || rec.From != s.From || rec.To != s.To ||
		rec.Reference != 42 || !rec.HasReference || !rec.WantsReceipt || string(rec.Account) != "bank" || rec.Part.Total > 1 || b.changes {
		t.Errorf("got %+v", rec)
	}
}
