package index

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// An erasure removes the rows about the receiver from both outboxes. Rows about other receivers,
// and the keys behind the outboxes, stay.
func TestErasedRows(t *testing.T) {
	l := newLogbook(t)
	mine, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	for i, c := range []message.Conversation{other, mine, other, mine, mine} {
		p := journal.Place{Conv: c, Day: 20780, Number: uint16(i), Ordinal: uint64(i)}
		l.write(journaltest.AcceptedAt(p, "id"), readAt(p, message.StatusRead, 2))
	}
	l.write(journal.Record{Kind: journal.KindRoute, Place: journal.Place{Day: 20780}, Account: []byte("bank"), MessageID: []byte("A")})
	l.write(journal.Record{Kind: journal.KindOptOut, Place: journal.Place{Conv: mine}, Status: 1, ReadAt: 9, At: 9})
	l.write(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: mine}, At: 4})
	for prefix, want := range map[byte]int{FeedbackOutbox: 2, EventOutbox: 4} {
		rows, err := l.ix.Outbox(prefix, 0, 0, 99)
		if err != nil || len(rows) != want {
			t.Errorf("%c: got %d rows, %v, want %d", prefix, len(rows), err, want)
		}
		for _, row := range rows {
			if !bytes.Contains(row.Body, []byte("447700900124")) || bytes.Contains(row.Body, []byte("447700900123")) {
				t.Errorf("%c: got %s, want those about the other receiver", prefix, row.Body)
			}
		}
	}
	came, went := 0, 0
	for _, n := range l.rows {
		came, went = came+n[0], went+n[1]
	}
	if came != 5 || went != 3 {
		t.Errorf("got %d rows counted in and %d out, want 5 and 3", came, went)
	}
	if account, err := l.ix.Route([]byte("A"), 20780, 1); account != "bank" || err != nil {
		t.Errorf("route: got %q, %v, want bank", account, err)
	}
	if since, err := l.ix.OptOut(&mine.Receiver); since != 9 || err != nil {
		t.Errorf("opt-out: got since %d, %v, want it to stay", since, err)
	}
	for i := range uint16(5) {
		c := []message.Conversation{other, mine, other, mine, mine}[i]
		if f, err := l.ix.FindNumber(&c, i, relaytest.Any); err != nil || (f == nil) != (c == mine) {
			t.Errorf("number %d: got %+v, %v", i, f, err)
		}
	}
	b := journal.AppendErase(journal.AppendHeader(nil, journal.Header{Epoch: 1, Serial: 9}), &other.Receiver, 4)
	if _, err := l.a.Apply(9, journal.Seal(b), false); err == nil {
		t.Error("a batch that was not said to change entries: got no error")
	}
}

// An erasure removes what earlier records of the same batch brought.
func TestEraseInOneBatch(t *testing.T) {
	l := newLogbook(t)
	mine, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	var all []journal.Record
	for _, c := range []message.Conversation{mine, other} {
		p := journal.Place{Conv: c, Day: 20780, Number: 5, Ordinal: 4}
		all = append(all, journaltest.AcceptedAt(p, "id"), readAt(p, message.StatusRead, 2))
	}
	for i, c := range []message.Conversation{mine, other} {
		first := []byte{'a' + byte(i)}
		for seq, key := range []string{"1", "2"} {
			all = append(all, journal.Record{
				Kind: journal.KindSplit, Place: journal.Place{Conv: c, Day: 20780}, Part: message.Part{Total: 2}, PartSeq: uint8(seq + 1),
				Split: journal.SplitRecord{First: first, Key: []byte(string(first) + key)},
			})
		}
	}
	outcomes := l.write(append(all, journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: mine}, At: 4})...)
	if want := []Outcome{Read, Read, Noted}; !slices.Equal(outcomes, want) {
		t.Fatalf("got %v, want %v", outcomes, want)
	}
	if n, err := l.ix.OutboxRows(); err != nil || n != 1 || len(l.rows) != 1 || l.rows[0][0]-l.rows[0][1] != 1 {
		t.Errorf("outbox: got %d rows, counted as %v, %v, want 1", n, l.rows, err)
	}
	for key, want := range map[string]bool{"a1": false, "a2": false, "b1": true, "b2": true} {
		receiver := mine.Receiver
		if want {
			receiver = other.Receiver
		}
		if _, ok, err := l.ix.Part([]byte(key), &receiver, 20780, 1); ok != want || err != nil {
			t.Errorf("part %s: got %v, %v, want %v", key, ok, err, want)
		}
	}
	for first, want := range map[string]bool{"a": false, "b": true} {
		if state, err := l.ix.get(splitKey(nil, 20780, []byte(first))); (state != nil) != want || err != nil {
			t.Errorf("receipts of %s: got %q, %v, want some: %v", first, state, err, want)
		}
	}
	for _, c := range []message.Conversation{mine, other} {
		f, err := l.ix.FindNumber(&c, 5, relaytest.Any)
		if err != nil || (f == nil) != (c == mine) {
			t.Errorf("%v: got %+v, %v", c.Receiver, f, err)
		}
		if epoch, next, err := l.ix.Head(&c); epoch != 3 || next != 5 || err != nil {
			t.Errorf("%v: got head %d in epoch %d, %v, want 5 in 3", c.Receiver, next, epoch, err)
		}
	}
}

// An erasure skips the parts of other receivers instead of reading them. There may be millions
// of them, and the log waits meanwhile.
func TestEraseGoesPastOthersParts(t *testing.T) {
	l := newLogbook(t)
	mine, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	for day := uint16(20780); day < 20783; day++ {
		var all []journal.Record
		for i := range 1000 {
			c := other
			if i == 500 {
				c = mine
			}
			key := fmt.Appendf(nil, "%04d", i)
			all = append(all, journal.Record{
				Kind: journal.KindSplit, Place: journal.Place{Conv: c, Day: day}, Part: message.Part{Total: 2}, PartSeq: 1, Split: journal.SplitRecord{First: key, Key: key},
			})
		}
		l.write(all...)
	}
	l.a.b = l.ix.db.NewIndexedBatch()
	it, err := l.a.b.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := (erasure{Applier: l.a, lookup: &lookup{it: it}, receiver: &mine.Receiver}).parts(); err != nil {
		t.Fatal(err)
	}
	if got := it.Stats().ForwardStepCount[pebble.InterfaceCall]; got > 10 {
		t.Errorf("got %d steps, want a few a day", got)
	}
	if got := l.a.b.Count(); got != 6 {
		t.Errorf("got %d rows removed, want 6", got)
	}
	if err := errors.Join(it.Close(), l.a.b.Close()); err != nil {
		t.Fatal(err)
	}
}
