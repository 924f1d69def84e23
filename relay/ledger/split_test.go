package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
	"readback/smpp/receipt"
)

// submitCut sends a message in parts, up to the answer to its ESME.
func (p *partition) submitCut(c message.Conversation, wanted byte, ids ...string) *Sent {
	p.t.Helper()
	s := toSend(c)
	s.Split = uint8(len(ids))
	if err := p.Assign(s); err != nil {
		p.t.Fatalf("assign: %v", err)
	}
	cut := Split{Wanted: wanted}
	for _, id := range ids {
		cut.IDs = append(cut.IDs, []byte(id))
		cut.Keys = append(cut.Keys, []byte(strings.ToLower(id)))
	}
	w := make(relaytest.Logged, 1)
	p.AcceptSplit(s, cut, w, 7)
	<-w
	return s
}

// merge tells of a part's receipt, and returns what it came to.
func (p *partition) merge(c message.Conversation, key string, state byte) (*message.Merged, error) {
	p.t.Helper()
	part, ok := p.PartOf("bank", c, []byte(key))
	if !ok {
		return nil, errors.New("no such part")
	}
	type result struct {
		m   *message.Merged
		err error
	}
	done := make(chan result, 1)
	note := message.PartReceipt{State: state, ID: strings.ToUpper(key), Err: fmt.Sprintf("%03d", state), Text: "text of " + key}
	p.Merge(part, note, func(m *message.Merged, err error) { done <- result{m, err} })
	got := relaytest.Receive(p.t, done)
	return got.m, got.err
}

func TestPartOf(t *testing.T) {
	p := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	if _, ok := p.PartOf("bank", c, []byte("a1")); ok {
		t.Error("a part was found before any message was split")
	}
	p.submitCut(c, 1, "A1", "A2")
	p.submit(c, "B1")
	for key, want := range map[string]bool{"a1": true, "a2": true, "b1": false, "": false} {
		if part, ok := p.PartOf("bank", c, []byte(key)); ok != want {
			t.Errorf("part %q: got %+v %v, want %v", key, part, ok, want)
		}
	}
	if _, ok := p.PartOf("", relaytest.Conversation(t, "10690001", "447700900124"), []byte("a1")); ok {
		t.Error("a part was found for another receiver, without its account")
	}
}

// AcceptSplit records each part that the gateway made, with what a receipt of the part needs. The
// last record settles the message.
func TestAcceptSplit(t *testing.T) {
	l, h := idleLedger(t)
	w := make(relaytest.Logged, 4)
	cut := func(keys ...string) (*Sent, Split) {
		s := toSend(h.conv)
		s.Split = uint8(len(keys))
		if err := l.Assign(s); err != nil {
			t.Fatal(err)
		}
		c := Split{Wanted: 2}
		for _, k := range keys {
			c.IDs, c.Keys = append(c.IDs, []byte("ID"+k)), append(c.Keys, []byte(k))
		}
		return s, c
	}
	s, c := cut("a1", "a2")
	l.AcceptSplit(s, c, w, 7)
	b := l.queue.take()
	if b.counts[journal.KindAccepted] != 2 || b.counts[journal.KindSplit] != 2 || b.counts[journal.KindHead] != 1 || len(b.waits) != 1 || len(b.owners) != 2 ||
		!b.changes || len(b.marks) != 1 || !b.marks[0].settles || b.marks[0].ordinal != s.ordinal || b.marks[0].bound != 1 || len(h.out) != 1 {
		t.Errorf("got %+v, %d out, want two parts, what their receipts need, and one who waits", b, len(h.out))
	}
	if p, ok := l.PartOf("bank", h.conv, []byte("a2")); !ok || p.Seq != 2 {
		t.Errorf("second part: got %+v %v", p, ok)
	}
	l.AcceptSplit(s, c, w, 8) // it was handed over already
	if b := l.queue.take(); b != nil {
		t.Errorf("once more: got %+v, want nothing", b)
	}
	s, c = cut("b1", "b1")
	l.AcceptSplit(s, c, w, 9)
	if b := l.queue.take(); b.counts[journal.KindAccepted] != 2 || b.counts[journal.KindSplit] != 0 || len(b.waits) != 1 {
		t.Errorf("parts of one name: got %+v, want that their receipts pass as they come", b)
	}
	for name, room := range map[string]int{"no room at all": 0, "for one part": 1, "for one and its name": 2, "for all but the head": 4} {
		l.queue.dropped()
		s, c = cut("c1", "c2")
		out := len(h.out)
		l.queue.records = maxQueuedRecords - room
		l.AcceptSplit(s, c, w, 10)
		l.queue.records = room
		l.queue.take()
		if _, late := l.queue.dropped(); len(late) != 1 || late[0].token != 10 || len(h.out) != out-1 {
			t.Errorf("%s: got %d told and %d out, want one told and that it is settled", name, len(late), len(h.out))
		}
		l.queue.records = 0
	}
}

// A receipt of a part is recognised before the log can be read. Merge then fails, and the SMSC
// keeps the receipt.
func TestPartOfBeforeTheLog(t *testing.T) {
	p := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	p.submitCut(c, 1, "A1", "A2")
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	ix, err := index.Open(p.dir, p.opt.Logger)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.Close() }()
	again := ledgerOn(ix)
	part, ok := again.PartOf("bank", c, []byte("a2"))
	if !ok || part.Seq != 2 {
		t.Errorf("got part %d %v, want 2", part.Seq, ok)
	}
	again.Merge(part, message.PartReceipt{State: byte(receipt.Delivered)}, func(m *message.Merged, err error) {
		if m != nil || !errors.Is(err, ErrDown) {
			t.Errorf("merge: got %v %v, want ErrDown", m, err)
		}
	})
}

// The receipts of a split message are never merged if its parts do not all have message_ids of
// their own.
func TestPartsWithoutNames(t *testing.T) {
	p := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for _, ids := range [][]string{{"A1", ""}, {"", "A2"}, {"A3", "a3", "A4"}} {
		p.submitCut(c, 1, ids...)
		for _, id := range ids {
			if part, ok := p.PartOf("bank", c, []byte(strings.ToLower(id))); ok {
				t.Errorf("%q of %q: got part %d, want none", id, ids, part.Seq)
			}
		}
	}
	if s := p.submit(c, "B1"); s.Number != 4 {
		t.Errorf("number of the next: got %d, want 4", s.Number)
	}
	all := p.entries(c)
	for _, e := range all {
		if e.State != message.StateSent {
			t.Errorf("message %d: got state %s, want sent", e.Ordinal, e.State)
		}
	}
	if len(all) != 4 {
		t.Errorf("got %d messages, want 4", len(all))
	}
}

// PartIDs finds the message_ids of all parts by that of the first.
func TestPartIDs(t *testing.T) {
	p := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	p.submitCut(c, 1, "A1", "A2", "A3")
	p.submit(c, "B1")
	for id, want := range map[string]string{"A1": "A1 A2 A3", "A2": "", "B1": "", "": ""} {
		got := bytes.Join(p.PartIDs(c, []byte(id), []byte(strings.ToLower(id))), []byte(" "))
		if string(got) != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
	if ids := p.PartIDs(relaytest.Conversation(t, "10690002", "447700900123"), []byte("A1"), []byte("a1")); ids != nil {
		t.Errorf("of another sender: got %q, want none", ids)
	}
}

// A split message does not get a reference that the ESME uses for a message in parts, now or
// lately.
func TestReferencesDoNotCollide(t *testing.T) {
	p := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	part := func(ref uint16, seq uint8) *Sent {
		s := toSend(c)
		s.Part = message.Part{Ref: ref, Total: 2, Seq: seq}
		if err := p.Assign(s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	open := part(2, 1)                     // ordinal 0; a part is missing
	done1, done2 := part(3, 1), part(3, 2) // ordinal 1
	p.accept(open, "E1")
	p.accept(done1, "E2")
	p.accept(done2, "E3")
	for i, want := range []uint16{4, 5, 6} { // from ordinal 2 on: 2 is open, 3 was used lately
		s := toSend(c)
		s.Split = 2
		if err := p.Assign(s); err != nil {
			t.Fatal(err)
		}
		if s.Part.Ref != want {
			t.Errorf("cut %d, ordinal %d: got reference %d, want %d", i, s.ordinal, s.Part.Ref, want)
		}
		p.Refuse(s)
	}
	wide := toSend(c)
	wide.Split, wide.Part.Wide = 2, true
	if err := p.Assign(wide); err != nil || wide.Part.Ref != uint16(wide.ordinal) {
		t.Errorf("wide: got reference %d %v, want %d", wide.Part.Ref, err, wide.ordinal)
	}
	p.Refuse(wide)
}

// The receipts of two messages whose first parts have one id are kept apart.
func TestFirstIDIsUsedAgain(t *testing.T) {
	p := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	p.submitCut(c, 1, "A1", "A2")
	p.submitCut(c, 1, "A1", "A3")
	for _, tt := range []struct {
		key   string
		state byte
		want  byte // of the whole; 0: there is none yet
	}{{"a2", 5, 0}, {"a1", 2, 0}, {"a3", 2, 2}} {
		m, err := p.merge(c, tt.key, tt.state)
		if err != nil || (m == nil) != (tt.want == 0) || m != nil && m.State != tt.want {
			t.Errorf("receipt of %s: got %+v, %v, want state %d of the whole", tt.key, m, err, tt.want)
		}
	}
}
