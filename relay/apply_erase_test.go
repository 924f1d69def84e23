package relay

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble"
)

// TestErasedRows: of both outboxes the rows about the receiver go, between those about others, and
// what stands behind the outboxes in the index stays.
func TestErasedRows(t *testing.T) {
	r := aside(t)
	mine, other := conversation(t, "10690001", "447700900123"), conversation(t, "10690001", "447700900124")
	came, went := 0, 0
	a := &applier{
		ix: r.index, told: func(c, w int) { came, went = came+c, went+w },
		events: func([]byte) bool { return true }, eventsTold: func() {},
	}
	for i, c := range []Conversation{other, mine, other, mine, mine} {
		p := place{conv: c, day: 20780, number: uint16(i), ordinal: uint64(i)}
		b := appendAccepted(appendHeader(nil, header{epoch: 1}), &record{place: p, bound: uint64(i) + 1, at: 1, from: Address{Addr: c.Sender}, to: Address{Addr: c.Receiver}}, "bank")
		b = appendRead(b, &record{place: p, status: StatusRead, readAt: 2, at: 3})
		if _, err := a.apply(uint64(i)+1, b, true); err != nil {
			t.Fatal(err)
		}
	}
	r.brought(t, 6, func(b []byte) []byte { return appendRoute(b, 20780, "bank", []byte("A")) })
	r.brought(t, 7, func(b []byte) []byte {
		rec := record{status: 1, readAt: 9, at: 9}
		rec.place.conv.Receiver = mine.Receiver
		return appendOptOut(b, &rec)
	})
	if _, err := a.apply(8, appendErase(appendHeader(nil, header{epoch: 1}), &mine.Receiver, 4), true); err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[byte]int{prefixOutbox: 2, prefixEvent: 4} {
		rows, err := r.index.outbox(prefix, 0, 0, 99)
		if err != nil || len(rows) != want {
			t.Errorf("%c: got %d rows, %v, want %d", prefix, len(rows), err, want)
		}
		for _, row := range rows {
			if !bytes.Contains(row.body, []byte("447700900124")) || bytes.Contains(row.body, []byte("447700900123")) {
				t.Errorf("%c: got %s, want those about the other receiver", prefix, row.body)
			}
		}
	}
	if came != 5 || went != 3 {
		t.Errorf("got %d rows counted in and %d out, want 5 and 3", came, went)
	}
	if account, err := r.index.route([]byte("A"), 20780, 1); account != "bank" || err != nil {
		t.Errorf("route: got %q, %v, want bank", account, err)
	}
	if since, err := r.index.optOut(&mine.Receiver); since != 9 || err != nil {
		t.Errorf("opt-out: got since %d, %v, want it to stay", since, err)
	}
	for i := range uint16(5) {
		c := []Conversation{other, mine, other, mine, mine}[i]
		if f, err := r.index.findNumber(&c, i, maxDay); err != nil || (f == nil) != (c == mine) {
			t.Errorf("number %d: got %+v, %v", i, f, err)
		}
	}
	b := appendErase(appendHeader(nil, header{epoch: 1}), &other.Receiver, 4)
	if _, err := a.apply(9, b, false); err == nil {
		t.Error("a batch that was not said to change entries: got no error")
	}
}

// TestEraseInOneBatch takes out what earlier records of the same batch brought.
func TestEraseInOneBatch(t *testing.T) {
	opt := testOptions(t)
	ix, err := openIndex(t.TempDir(), opt.logger())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.close() }()
	mine, other := conversation(t, "10690001", "447700900123"), conversation(t, "10690001", "447700900124")
	b := appendHeader(nil, header{epoch: 3})
	for _, c := range []Conversation{mine, other} {
		p := place{conv: c, day: 20780, number: 5, ordinal: 4}
		b = appendAccepted(b, &record{place: p, bound: 5, at: 1, from: Address{Addr: c.Sender}, to: Address{Addr: c.Receiver}}, "bank")
		b = appendRead(b, &record{place: p, status: StatusRead, readAt: 2, at: 3})
	}
	for i, c := range []Conversation{mine, other} {
		first := []byte{'a' + byte(i)}
		for seq, key := range []string{"1", "2"} {
			b = appendCut(b, &record{
				place: place{conv: c, day: 20780}, part: Part{Total: 2}, partSeq: uint8(seq + 1),
				cut: cutRecord{first: first, key: append(first, key...)},
			})
		}
	}
	b = appendErase(b, &mine.Receiver, 4)
	rows := 0
	a := &applier{ix: ix, told: func(came, went int) { rows += came - went }}
	outcomes, err := a.apply(1, b, true)
	if want := []outcome{outcomeRead, outcomeRead, outcomeNoted}; err != nil || !slices.Equal(outcomes, want) {
		t.Fatalf("got %v, %v, want %v", outcomes, err, want)
	}
	if n, err := ix.outboxRows(); err != nil || n != 1 || rows != 1 {
		t.Errorf("outbox: got %d rows, counted as %d, %v, want 1", n, rows, err)
	}
	for key, want := range map[string]bool{"a1": false, "a2": false, "b1": true, "b2": true} {
		receiver := mine.Receiver
		if want {
			receiver = other.Receiver
		}
		if _, ok, err := ix.part([]byte(key), &receiver, 20780, 1); ok != want || err != nil {
			t.Errorf("part %s: got %v, %v, want %v", key, ok, err, want)
		}
	}
	for first, want := range map[string]bool{"a": false, "b": true} {
		if state, err := ix.get(cutKey(nil, 20780, []byte(first))); (state != nil) != want || err != nil {
			t.Errorf("receipts of %s: got %q, %v, want some: %v", first, state, err, want)
		}
	}
	for _, c := range []Conversation{mine, other} {
		f, err := ix.findNumber(&c, 5, maxDay)
		if err != nil || (f == nil) != (c == mine) {
			t.Errorf("%v: got %+v, %v", c.Receiver, f, err)
		}
		if epoch, next, err := ix.head(&c); epoch != 3 || next != 5 || err != nil {
			t.Errorf("%v: got head %d in epoch %d, %v, want 5 in 3", c.Receiver, next, epoch, err)
		}
	}
}

// TestEraseGoesPastOthersParts: there may be millions of them, and the log waits meanwhile.
func TestEraseGoesPastOthersParts(t *testing.T) {
	opt := testOptions(t)
	ix, err := openIndex(t.TempDir(), opt.logger())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.close() }()
	mine, other := conversation(t, "10690001", "447700900123"), conversation(t, "10690001", "447700900124")
	a := &applier{ix: ix, told: func(int, int) {}}
	for day := uint16(20780); day < 20783; day++ {
		b := appendHeader(nil, header{epoch: 3})
		for i := range 1000 {
			c := other
			if i == 500 {
				c = mine
			}
			key := fmt.Appendf(nil, "%04d", i)
			b = appendCut(b, &record{
				place: place{conv: c, day: day}, part: Part{Total: 2}, partSeq: 1, cut: cutRecord{first: key, key: key},
			})
		}
		if _, err := a.apply(uint64(day), b, true); err != nil {
			t.Fatal(err)
		}
	}
	a.b = ix.db.NewIndexedBatch()
	it, err := a.b.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.eraseParts(&lookup{it: it}, &mine.Receiver); err != nil {
		t.Fatal(err)
	}
	if got := it.Stats().ForwardStepCount[pebble.InterfaceCall]; got > 10 {
		t.Errorf("got %d steps, want a few a day", got)
	}
	if got := a.b.Count(); got != 6 {
		t.Errorf("got %d rows removed, want 6", got)
	}
	if err := errors.Join(it.Close(), a.b.Close()); err != nil {
		t.Fatal(err)
	}
}
