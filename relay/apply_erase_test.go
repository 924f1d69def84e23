package relay

import (
	"bytes"
	"testing"
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
