package relay

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// submitCut sends a message in parts, up to the answer to its ESME.
func (r *running) submitCut(c message.Conversation, wanted byte, ids ...string) *Sent {
	r.t.Helper()
	s := tracked(c)
	s.Cut = uint8(len(ids))
	if err := r.Ledger().Assign(s); err != nil {
		r.t.Fatalf("assign: %v", err)
	}
	cut := Cut{Wanted: wanted}
	for _, id := range ids {
		cut.IDs = append(cut.IDs, []byte(id))
		cut.Keys = append(cut.Keys, []byte(strings.ToLower(id)))
	}
	w := make(logged, 1)
	r.Ledger().AcceptCut(s, cut, w, 7)
	<-w
	return s
}

// merge tells of a part's receipt, and returns what it came to.
func (r *running) merge(c message.Conversation, key string, state byte) (*message.Merged, error) {
	r.t.Helper()
	p, ok := r.Ledger().PartOf([]byte(key), c.Receiver)
	if !ok {
		return nil, errors.New("no such part")
	}
	type result struct {
		m   *message.Merged
		err error
	}
	done := make(chan result, 1)
	note := message.PartReceipt{State: state, ID: strings.ToUpper(key), Err: fmt.Sprintf("%03d", state), Text: "text of " + key}
	r.Ledger().Merge(p, note, func(m *message.Merged, err error) { done <- result{m, err} })
	got := relaytest.Receive(r.t, done)
	return got.m, got.err
}

func TestPartOf(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	if _, ok := r.Ledger().PartOf([]byte("a1"), c.Receiver); ok {
		t.Error("a part was found before any message was cut")
	}
	r.submitCut(c, 1, "A1", "A2")
	r.submit(c, "B1")
	for key, want := range map[string]bool{"a1": true, "a2": true, "b1": false, "": false} {
		if p, ok := r.Ledger().PartOf([]byte(key), c.Receiver); ok != want {
			t.Errorf("part %q: got %+v %v, want %v", key, p, ok, want)
		}
	}
	if _, ok := r.Ledger().PartOf([]byte("a1"), relaytest.Conversation(t, "10690001", "447700900124").Receiver); ok {
		t.Error("a part was found for another receiver")
	}
}

// AcceptCut records each part that the gateway made, with what a receipt of the part needs. The
// last record settles the message.
func TestAcceptCut(t *testing.T) {
	l, h := idleLedger(t)
	w := make(logged, 4)
	cut := func(keys ...string) (*Sent, Cut) {
		s := tracked(h.conv)
		s.Cut = uint8(len(keys))
		if err := l.Assign(s); err != nil {
			t.Fatal(err)
		}
		c := Cut{Wanted: 2}
		for _, k := range keys {
			c.IDs, c.Keys = append(c.IDs, []byte("ID"+k)), append(c.Keys, []byte(k))
		}
		return s, c
	}
	s, c := cut("a1", "a2")
	l.AcceptCut(s, c, w, 7)
	b := l.queue.take()
	if b.counts[journal.KindAccepted] != 2 || b.counts[journal.KindCut] != 2 || b.counts[journal.KindHead] != 1 || len(b.waits) != 1 || len(b.cuts) != 2 ||
		!b.changes || len(b.marks) != 1 || !b.marks[0].settles || b.marks[0].ordinal != s.ordinal || b.marks[0].bound != 1 || len(h.out) != 1 {
		t.Errorf("got %+v, %d out, want two parts, what their receipts need, and one who waits", b, len(h.out))
	}
	if p, ok := l.PartOf([]byte("a2"), h.conv.Receiver); !ok || p.Seq != 2 || p.First != "a1" {
		t.Errorf("second part: got %+v %v", p, ok)
	}
	l.AcceptCut(s, c, w, 8) // it was handed over already
	if b := l.queue.take(); b != nil {
		t.Errorf("once more: got %+v, want nothing", b)
	}
	s, c = cut("b1", "b1")
	l.AcceptCut(s, c, w, 9)
	if b := l.queue.take(); b.counts[journal.KindAccepted] != 2 || b.counts[journal.KindCut] != 0 || len(b.waits) != 1 {
		t.Errorf("parts of one name: got %+v, want that their receipts pass as they come", b)
	}
	for name, room := range map[string]int{"no room at all": 0, "for one part": 1, "for one and its name": 2, "for all but the head": 4} {
		l.queue.dropped()
		s, c = cut("c1", "c2")
		out := len(h.out)
		l.queue.records = maxQueuedRecords - room
		l.AcceptCut(s, c, w, 10)
		l.queue.records = room
		l.queue.take()
		if _, late := l.queue.dropped(); len(late) != 1 || late[0].token != 10 || len(h.out) != out-1 {
			t.Errorf("%s: got %d told and %d out, want one told and that it is settled", name, len(late), len(h.out))
		}
		l.queue.records = 0
	}
}

// A part that is not in the index yet is found by its key and its receiver, until its record is
// in the index.
func TestPartsOnTheirWay(t *testing.T) {
	one, other := relaytest.Addr(t, "447700900123"), relaytest.Addr(t, "447700900124")
	c := newCuts()
	row := c.add(cutRow{key: "a1", part: journal.CutPart{Seq: 1, First: "a1", Day: 20780}, receiver: one})
	second := c.add(cutRow{key: "a2", part: journal.CutPart{Seq: 2, First: "a1", Day: 20780}, receiver: one})
	find := func(key string, receiver message.Addr, want uint8) {
		t.Helper()
		p, ok := c.find([]byte(key), &receiver)
		if ok != (want != 0) || ok && p.Seq != want {
			t.Errorf("part %q of %s: got %d %v, want %d", key, receiver, p.Seq, ok, want)
		}
	}
	find("a1", one, 1)
	find("a2", one, 2)
	find("a1", other, 0)
	find("a3", one, 0)
	c.add(cutRow{key: "a1", part: journal.CutPart{Seq: 3, First: "b1", Day: 20780}, receiver: other}) // the id comes again
	find("a1", one, 0)
	find("a1", other, 3)
	c.settle() // of a batch without parts
	c.settle(row)
	find("a1", other, 3) // it is the record of the one before that is in the index
	find("a2", one, 2)
	c.settle(second)
	find("a2", one, 0)
}

// A receipt of a part is recognised before the log can be read. Merge then fails, and the SMSC
// keeps the receipt.
func TestPartOfBeforeTheLog(t *testing.T) {
	opt := testOptions(t)
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.submitCut(c, 1, "A1", "A2")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	p, ok := again.Ledger().PartOf([]byte("a2"), c.Receiver)
	if !ok || p.Seq != 2 {
		t.Errorf("got part %d %v, want 2", p.Seq, ok)
	}
	again.Ledger().Merge(p, message.PartReceipt{State: stateDelivered}, func(m *message.Merged, err error) {
		if m != nil || !errors.Is(err, ErrDown) {
			t.Errorf("merge: got %v %v, want ErrDown", m, err)
		}
	})
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

// The receipts of a cut message are never merged if its parts do not all have message_ids of
// their own.
func TestPartsWithoutNames(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for _, ids := range [][]string{{"A1", ""}, {"", "A2"}, {"A3", "a3", "A4"}} {
		r.submitCut(c, 1, ids...)
		for _, id := range ids {
			if p, ok := r.Ledger().PartOf([]byte(strings.ToLower(id)), c.Receiver); ok {
				t.Errorf("%q of %q: got part %d, want none", id, ids, p.Seq)
			}
		}
	}
	if s := r.submit(c, "B1"); s.Number != 4 {
		t.Errorf("number of the next: got %d, want 4", s.Number)
	}
	r.wantStates(c, "sent", "sent", "sent", "sent")
}

// PartIDs finds the message_ids of all parts by that of the first.
func TestPartIDs(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.submitCut(c, 1, "A1", "A2", "A3")
	r.submit(c, "B1")
	for id, want := range map[string]string{"A1": "A1 A2 A3", "A2": "", "B1": "", "": ""} {
		got := bytes.Join(r.Ledger().PartIDs(c, []byte(id), []byte(strings.ToLower(id))), []byte(" "))
		if string(got) != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
	if ids := r.Ledger().PartIDs(relaytest.Conversation(t, "10690002", "447700900123"), []byte("A1"), []byte("a1")); ids != nil {
		t.Errorf("of another sender: got %q, want none", ids)
	}
}

// A message that the gateway cut has one number, and its feedback has all message_ids.
func TestCutIsOneMessage(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	first := r.submitCut(c, 1, "A1", "A2", "A3")
	if next := r.submit(c, "B1"); first.Number != 1 || next.Number != 2 {
		t.Errorf("numbers: got %d %d, want 1 2", first.Number, next.Number)
	}
	for _, id := range []string{"A1", "A2"} {
		r.Ledger().Receipt(c, []byte(id), message.StateDelivered)
	}
	r.wantStates(c, "sent", "sent")
	r.Ledger().Receipt(c, []byte("A3"), message.StateDelivered)
	r.wantStates(c, "delivered", "sent")
	r.read(c, 1)
	if fb := relaytest.Receive(t, r.tellings("bank")); fmt.Sprint(fb.MessageIDs) != "[A1 A2 A3]" {
		t.Errorf("message ids: got %v, want all three", fb.MessageIDs)
	}
}

// A cut message does not get a reference that the ESME uses for a message in parts, now or
// lately.
func TestReferencesDoNotCollide(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	part := func(ref uint16, seq uint8) *Sent {
		s := tracked(c)
		s.Part = message.Part{Ref: ref, Total: 2, Seq: seq}
		if err := r.Ledger().Assign(s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	open := part(2, 1)                     // ordinal 0; a part is missing
	done1, done2 := part(3, 1), part(3, 2) // ordinal 1
	r.accept(open, "E1")
	r.accept(done1, "E2")
	r.accept(done2, "E3")
	for i, want := range []uint16{4, 5, 6} { // from ordinal 2 on: 2 is open, 3 was used lately
		s := tracked(c)
		s.Cut = 2
		if err := r.Ledger().Assign(s); err != nil {
			t.Fatal(err)
		}
		if s.Part.Ref != want {
			t.Errorf("cut %d, ordinal %d: got reference %d, want %d", i, s.ordinal, s.Part.Ref, want)
		}
		r.Ledger().Refuse(s)
	}
	wide := tracked(c)
	wide.Cut, wide.Part.Wide = 2, true
	if err := r.Ledger().Assign(wide); err != nil || wide.Part.Ref != uint16(wide.ordinal) {
		t.Errorf("wide: got reference %d %v, want %d", wide.Part.Ref, err, wide.ordinal)
	}
	r.Ledger().Refuse(wide)
}
