package index

import (
	"errors"
	"slices"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// Each record with a waiter has an outcome, in the order of the records. Other records have
// none.
func TestOutcomesInOrder(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	receiver := journal.Place{Conv: message.Conversation{Receiver: relaytest.Addr(t, "447700900199")}}
	got := l.write(
		journaltest.AcceptedAt(p, "id"), readAt(p, message.StatusRead, 2000), receiptAt(p, 0, message.StateDelivered, 2000),
		journal.Record{Kind: journal.KindPublished, Seq: 1}, journal.Record{Kind: journal.KindHead, Place: p, Bound: 6},
		journal.Record{Kind: journal.KindOptOut, Place: receiver, Status: 1, ReadAt: 1, At: 1}, journal.Record{Kind: journal.KindReported, Place: p, At: 3000},
		journal.Record{Kind: journal.KindErase, Place: receiver, At: 1}, journal.Record{Kind: journal.KindFed, Seq: 1}, readAt(p, message.StatusRead, 2001),
	)
	want := []Outcome{Read, Noted, Noted, Noted, Duplicate}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The result of a message of the log says whether it brings an event.
func TestEventsAreAnnounced(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	l.a.Events = func(account []byte) bool { return string(account) == "bank" }
	quiet := journaltest.AcceptedAt(p, "a")
	quiet.Account = []byte("shop")
	for i, tt := range []struct {
		rec  journal.Record
		want bool
	}{{journaltest.AcceptedAt(p, "a"), true}, {quiet, false}, {journaltest.AcceptedAt(p, "b"), true}} {
		if l.write(tt.rec); l.result.Events != tt.want {
			t.Errorf("message %d: got events %v, want %v", i+1, l.result.Events, tt.want)
		}
	}
}

// A message of the log that cannot be applied as a whole is not applied at all.
func TestAllOrNothing(t *testing.T) {
	p := testPlace(t)
	good, _ := newLogbook(t).bytes(journaltest.AcceptedAt(p, "id"))
	read, _ := newLogbook(t).bytes(journaltest.AcceptedAt(p, "id"), readAt(p, message.StatusRead, 2000))
	tests := []struct {
		name    string
		data    []byte
		changes bool
	}{
		{"an octet is missing", read[:len(read)-1], true},
		{"no record behind the last", append(slices.Clone(good), 99), true},
		{"another version", append([]byte{journal.BatchVersion + 1}, good[1:]...), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			if got, err := l.a.Apply(1, tt.data, tt.changes); err == nil {
				t.Errorf("got %v, want an error", got)
			}
			if e := l.entry(p); e != nil {
				t.Errorf("entry: got %+v, want none", e)
			}
			if value, err := l.ix.get(keyApplied); err != nil || value != nil {
				t.Errorf("how far it got: got %x, %v, want nothing", value, err)
			}
		})
	}
	l := newLogbook(t)
	if err := l.ix.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.a.Apply(1, good, false); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: got %v, want that it is closed", err)
	}
}

// The index stores how far it follows the log, since which epoch the number cycle holds, and
// whether the log ended with a clean stop.
func TestHowFarItGot(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	usual := Cycle{First: 1, Last: 99, Since: 3}
	start := func(first, last uint16) journal.Record {
		return journal.Record{Kind: journal.KindStart, First: first, Last: last, At: 7}
	}
	for _, tt := range []struct {
		name  string
		epoch uint64
		rec   journal.Record
		want  Position
	}{
		{"begun", 3, start(1, 99), Position{Cycle: usual}},
		{"a message", 3, journaltest.AcceptedAt(p, "id"), Position{Cycle: usual, Messages: 1, Used: true}},
		{"a head, and no claims any more", 3, journal.Record{Kind: journal.KindUnclaimed}, Position{Cycle: usual, Messages: 1, Used: true, Unclaimed: true}},
		{"stopped", 3, journal.Record{Kind: journal.KindStop, At: 8}, Position{Stopped: true, Cycle: usual, Messages: 1, Used: true, Unclaimed: true}},
		{"begun again", 4, start(1, 99), Position{Cycle: usual, Messages: 1}},
		{"with other numbers", 5, start(1, 98), Position{Cycle: Cycle{First: 1, Last: 98, Since: 5}, Messages: 1}},
	} {
		l.seq++
		data := journal.AppendHeader(nil, journal.Header{Epoch: tt.epoch, Serial: l.seq + 50, Messages: l.a.pos.Messages})
		data = journal.Seal(journal.Append(data, &tt.rec))
		tt.want.Seq, tt.want.Serial, tt.want.Sum, tt.want.Epoch, tt.want.Time = l.seq, l.seq+50, sumOf(data), tt.epoch, max(7, l.a.pos.Time, tt.want.Time)
		if tt.want.Stopped {
			tt.want.Time = 8
		}
		if _, err := l.a.Apply(l.seq, data, false); err != nil {
			t.Fatal(err)
		}
		if got, err := l.ix.Position(); err != nil || got != tt.want {
			t.Errorf("%s: got %+v, %v, want %+v", tt.name, got, err, tt.want)
		}
	}
	before := l.a.Position()
	if again, _ := l.bytes(journaltest.AcceptedAt(p, "again")); true {
		if _, err := l.a.Apply(9, again, false); err != nil || l.a.Position() != before {
			t.Errorf("a batch that it has: got %v, and it is at %+v", err, l.a.Position())
		}
	}
}
