package index

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

func partAt(p journal.Place, seq uint8, id string, at int64) journal.Record {
	r := acceptedAt(p, id)
	r.Part, r.At = message.Part{Ref: 7, Total: 2, Seq: seq}, at
	return r
}

// The parts of a message become one entry with the time of the earliest part. The event "sent"
// is made once.
func TestPartsBecomeOneEntry(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	earlier := p
	earlier.Ordinal = 4
	l.write(partAt(earlier, 1, "x1", 900), partAt(earlier, 2, "x2", 901))
	l.write(partAt(p, 2, "b", 1500))
	if e := l.entry(p); e.Ordinal != 5 || len(e.Parts) != 1 || e.Total != 2 || e.At != 1500 {
		t.Errorf("first part: got %+v, want the later message alone", e)
	}
	l.write(partAt(p, 1, "a", 1000), partAt(p, 2, "B", 1600)) // the second one was sent again
	e := l.entry(p)
	if got := fmt.Sprint(e.MessageIDs()); got != "[a B]" || e.At != 1000 {
		t.Errorf("both: got %s at %d, want [a B] at 1000", got, e.At)
	}
	if got := l.changes(); !slices.Equal(got, []message.Change{"sent", "sent"}) {
		t.Errorf("events: got %v, want one of each message", got)
	}
}

// An entry keeps the state from receipts and read responses when the SMSC accepts another part.
func TestPartAfterTheReceipt(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	l.write(partAt(p, 1, "a", 1000), receiptAt(p, 1, message.StateDelivered, 1100), readAt(p, message.StatusRead, 1200))
	l.write(partAt(p, 2, "b", 1300))
	if e := l.entry(p); e.State != message.StateRead || e.Parts[0].State != message.StateDelivered || len(e.Parts) != 2 {
		t.Errorf("got %+v, want it read, with both parts", e)
	}
}

// A message of an expired day gets no entry. The head of its conversation is still updated.
func TestAcceptedOfExpiredDay(t *testing.T) {
	for _, tt := range []struct {
		name    string
		expired uint16
		want    bool
	}{{"the day after", 20781, false}, {"that day", 20780, true}} {
		t.Run(tt.name, func(t *testing.T) {
			l, p := newLogbook(t), testPlace(t)
			l.a.Expired = tt.expired
			l.write(acceptedAt(p, "id"))
			if e := l.entry(p); (e != nil) != tt.want {
				t.Errorf("entry: got %+v, want one: %v", e, tt.want)
			}
			if epoch, next, err := l.ix.Head(&p.Conv); err != nil || epoch != 3 || next != 6 {
				t.Errorf("head: got %d %d %v, want epoch 3 and 6", epoch, next, err)
			}
		})
	}
}

// An entry keeps the last time at which the receiver reported the message as not read, until the
// receiver has read it.
func TestNotRead(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	l.write(acceptedAt(p, "id"), receiptAt(p, 0, message.StateDelivered, 1500))
	for _, tt := range []struct{ at, want int64 }{{2000, 2000}, {1900, 2000}, {2100, 2100}} {
		if got := l.write(readAt(p, message.StatusNotRead, tt.at)); !slices.Equal(got, []Outcome{Noted}) {
			t.Errorf("at %d: got %v, want it noted", tt.at, got)
		}
		if e := l.entry(p); e.NotReadAt != tt.want || e.State != message.StateDelivered || e.ReadAt != 0 {
			t.Errorf("at %d: got %+v, want it not read at %d", tt.at, e, tt.want)
		}
	}
	l.write(receiptAt(p, 0, message.StateDelivered, 2500)) // says nothing new
	if fb := l.feedback(); len(fb) != 0 {
		t.Errorf("feedback: got %+v, want none", fb)
	}
	want := []message.Change{"sent", "delivered", message.ChangeNotRead, message.ChangeNotRead, message.ChangeNotRead}
	if got := l.changes(); !slices.Equal(got, want) {
		t.Errorf("events: got %v, want %v", got, want)
	}
}

// The receipts of a message have passed when the last awaited one has. If the message was read
// before, the applier announces that, because feedback may be waiting for it.
func TestReceiptPassed(t *testing.T) {
	wanting := func(r journal.Record) journal.Record { r.WantsReceipt = true; return r }
	p := testPlace(t)
	tests := []struct {
		name    string
		before  []journal.Record
		receipt journal.Record
		want    int
	}{
		{"read before", []journal.Record{wanting(acceptedAt(p, "a")), readAt(p, message.StatusRead, 2000)}, receiptAt(p, 0, message.StateDelivered, 3000), 1},
		{"not read", []journal.Record{wanting(acceptedAt(p, "a"))}, receiptAt(p, 0, message.StateDelivered, 3000), 0},
		{"not wanted", []journal.Record{acceptedAt(p, "a"), readAt(p, message.StatusRead, 2000)}, receiptAt(p, 0, message.StateDelivered, 3000), 0},
		{"passed before", []journal.Record{
			wanting(acceptedAt(p, "a")), receiptAt(p, 0, message.StateDelivered, 1500), readAt(p, message.StatusRead, 2000),
		}, receiptAt(p, 0, message.StateDelivered, 3000), 0},
		{"one of two", []journal.Record{wanting(partAt(p, 1, "a", 1000)), readAt(p, message.StatusRead, 2000)}, receiptAt(p, 1, message.StateDelivered, 3000), 0},
		{"the other one", []journal.Record{
			wanting(partAt(p, 1, "a", 1000)), readAt(p, message.StatusRead, 2000), receiptAt(p, 1, message.StateDelivered, 2500),
		}, receiptAt(p, 2, message.StateFailed, 3000), 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			l.write(tt.before...)
			if len(l.write(tt.receipt)) != 0 {
				t.Error("the receipt has an outcome")
			}
			passed := l.result.ReceiptPassed
			if len(passed) != tt.want || tt.want == 1 && passed[0] != (ReceiptPassed{"bank", p.Conv, p.Number}) {
				t.Errorf("passed: got %+v, want %d", passed, tt.want)
			}
			l.write(acceptedAt(p, "next"))
			if passed := l.result.ReceiptPassed; len(passed) != 0 {
				t.Errorf("with the next batch: got %+v again", passed)
			}
		})
	}
}

// The time at which the ESME acknowledged a feedback is noted once, and only for a message that
// was read.
func TestReported(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	reported := func(at int64) journal.Record { return journal.Record{Kind: journal.KindReported, Place: p, At: at} }
	l.write(acceptedAt(p, "id"), reported(1500))
	if e := l.entry(p); e.ReportedAt != 0 {
		t.Errorf("before it was read: got %d, want 0", e.ReportedAt)
	}
	l.write(readAt(p, message.StatusRead, 2000), reported(3000))
	l.write(reported(4000))
	if e := l.entry(p); e.ReportedAt != 3000 || e.State != message.StateRead {
		t.Errorf("got %+v, want it reported at 3000", e)
	}
	if got, want := l.changes(), []message.Change{"sent", "read", message.ChangeReported}; !slices.Equal(got, want) {
		t.Errorf("events: got %v, want %v", got, want)
	}
}

// A record of kind fed removes its feedback from the outbox. A record of kind published removes
// all events up to its place.
func TestRowsLeave(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	other := p
	other.Number, other.Ordinal = 7, 6
	l.write(acceptedAt(p, "id1"), acceptedAt(other, "id2"))
	l.write(readAt(p, message.StatusRead, 2000), readAt(other, message.StatusRead, 2001))
	l.rows = nil
	l.write(journal.Record{Kind: journal.KindFed, Seq: 2, Index: 0})
	if fb := l.feedback(); len(fb) != 1 || fb[0].Number != 7 || fmt.Sprint(l.rows) != "[[0 1]]" {
		t.Errorf("feedback: got %+v, rows %v, want the second left", fb, l.rows)
	}
	l.write(journal.Record{Kind: journal.KindPublished, Seq: 1, Index: 0})
	if got, want := l.changes(), []message.Change{"sent", "read", "read"}; !slices.Equal(got, want) {
		t.Errorf("events behind the first: got %v, want %v", got, want)
	}
	l.rows = nil
	if got := l.write(journal.Record{Kind: journal.KindPublished, Seq: 2, Index: 0}); !slices.Equal(got, []Outcome{Noted}) || l.rows != nil {
		t.Errorf("published: got %v, rows %v, want it noted", got, l.rows)
	}
	if got, want := l.changes(), []message.Change{"read"}; !slices.Equal(got, want) {
		t.Errorf("events behind the third: got %v, want %v", got, want)
	}
}

// Each record with a waiter has an outcome, in the order of the records. Other records have
// none.
func TestOutcomesInOrder(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	receiver := journal.Place{Conv: message.Conversation{Receiver: relaytest.Addr(t, "447700900199")}}
	got := l.write(
		acceptedAt(p, "id"), readAt(p, message.StatusRead, 2000), receiptAt(p, 0, message.StateDelivered, 2000),
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
	quiet := acceptedAt(p, "a")
	quiet.Account = []byte("shop")
	for i, tt := range []struct {
		rec  journal.Record
		want bool
	}{{acceptedAt(p, "a"), true}, {quiet, false}, {acceptedAt(p, "b"), true}} {
		if l.write(tt.rec); l.result.Events != tt.want {
			t.Errorf("message %d: got events %v, want %v", i+1, l.result.Events, tt.want)
		}
	}
}

// A message of the log that cannot be applied as a whole is not applied at all.
func TestAllOrNothing(t *testing.T) {
	p := testPlace(t)
	good, _ := newLogbook(t).bytes(acceptedAt(p, "id"))
	read, _ := newLogbook(t).bytes(acceptedAt(p, "id"), readAt(p, message.StatusRead, 2000))
	tests := []struct {
		name    string
		data    []byte
		changes bool
	}{
		{"an octet is missing", read[:len(read)-1], true},
		{"no record behind the last", append(slices.Clone(good), 99), true},
		{"another version", append([]byte{3}, good[1:]...), true},
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
		{"a message", 3, acceptedAt(p, "id"), Position{Cycle: usual, Messages: 1, Used: true}},
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
	if again, _ := l.bytes(acceptedAt(p, "again")); true {
		if _, err := l.a.Apply(9, again, false); err != nil || l.a.Position() != before {
			t.Errorf("a batch that it has: got %v, and it is at %+v", err, l.a.Position())
		}
	}
}
