package relay

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// submitCut sends a message in parts, up to the answer to its ESME.
func (r *running) submitCut(c Conversation, wanted byte, ids ...string) *Sent {
	r.t.Helper()
	s := message(c)
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
func (r *running) merge(c Conversation, key string, state byte) (*Merged, error) {
	r.t.Helper()
	p, ok := r.Ledger().PartOf([]byte(key), c.Receiver)
	if !ok {
		return nil, errors.New("no such part")
	}
	type result struct {
		m   *Merged
		err error
	}
	done := make(chan result, 1)
	note := PartReceipt{State: state, ID: strings.ToUpper(key), Err: fmt.Sprintf("%03d", state), Text: "text of " + key}
	r.Ledger().Merge(p, note, func(m *Merged, err error) { done <- result{m, err} })
	got := receive(r.t, done)
	return got.m, got.err
}

func TestReceiptsOfPartsMerge(t *testing.T) {
	type step struct {
		part  string
		state byte
		want  string // state, err, id, text and whether it is wanted; "" while more are to come
	}
	const ok, failed = messageDelivered, messageUndeliverable
	for _, tt := range []struct {
		name   string
		wanted byte
		steps  []step
	}{
		{"all delivered", 1, []step{{"a1", ok, ""}, {"a3", ok, ""}, {"a2", ok, "2 002 A1 text of a1 true"}}},
		{"one fails first", 1, []step{{"a2", failed, ""}, {"a1", ok, ""}, {"a3", ok, "5 005 A1 text of a1 true"}}},
		{"one fails last", 1, []step{{"a1", ok, ""}, {"a2", ok, ""}, {"a3", failed, "5 005 A1 text of a1 true"}}},
		{"the worst", 1, []step{{"a1", messageExpired, ""}, {"a2", messageRejected, ""}, {"a3", failed, "8 008 A1 text of a1 true"}}},
		{"the last one again", 1, []step{{"a1", ok, ""}, {"a2", ok, ""}, {"a3", ok, "2 002 A1 text of a1 true"}, {"a3", ok, "2 002 A1 text of a1 true"}}},
		{"an earlier one again", 1, []step{{"a1", ok, ""}, {"a1", ok, ""}, {"a2", ok, ""}, {"a3", ok, "2 002 A1 text of a1 true"}, {"a1", ok, ""}}},
		{"on failure, delivered", 2, []step{{"a1", ok, ""}, {"a2", ok, ""}, {"a3", ok, "2 002 A1 text of a1 false"}}},
		{"on failure, failed", 2, []step{{"a1", ok, ""}, {"a2", failed, ""}, {"a3", ok, "5 005 A1 text of a1 true"}}},
		{"on success, failed", 3, []step{{"a1", ok, ""}, {"a2", failed, ""}, {"a3", ok, "5 005 A1 text of a1 false"}}},
		{"unknown, then known", 1, []step{
			{"a1", ok, ""},
			{"a2", messageUnknown, ""},
			{"a3", ok, "7 007 A1 text of a1 true"},
			{"a2", ok, "2 002 A1 text of a1 true"},
		}},
		{"a failure does not turn", 1, []step{{"a1", failed, ""}, {"a1", ok, ""}, {"a2", ok, ""}, {"a3", ok, "5 005 A1 text of a1 true"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opt := testOptions(t)
			r := start(t, opt)
			c := conversation(t, "10690001", "447700900123")
			r.submitCut(c, tt.wanted, "A1", "A2", "A3")
			for i, s := range tt.steps {
				if i == 1 { // what came before survives
					if err := r.stop(); err != nil {
						t.Fatal(err)
					}
					r = start(t, opt)
				}
				m, err := r.merge(c, s.part, s.state)
				got := ""
				if m != nil {
					got = fmt.Sprint(m.State, " ", m.Err, " ", m.ID, " ", m.Text, " ", m.Wanted)
				}
				if err != nil || got != s.want {
					t.Errorf("step %d, %s %d: got %q %v, want %q", i+1, s.part, s.state, got, err, s.want)
				}
			}
		})
	}
}

func TestPartOf(t *testing.T) {
	r := start(t, testOptions(t))
	c := conversation(t, "10690001", "447700900123")
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
	if _, ok := r.Ledger().PartOf([]byte("a1"), conversation(t, "10690001", "447700900124").Receiver); ok {
		t.Error("a part was found for another receiver")
	}
}

// TestPartsOnTheirWay: a part that is not in the index yet is found by its key and its receiver,
// until the record that brought it is in the index.
func TestPartsOnTheirWay(t *testing.T) {
	one, other := addr(t, "447700900123"), addr(t, "447700900124")
	c := newCuts()
	row := c.add(cutRow{key: "a1", part: CutPart{Seq: 1, first: "a1", day: 20780}, receiver: one})
	second := c.add(cutRow{key: "a2", part: CutPart{Seq: 2, first: "a1", day: 20780}, receiver: one})
	find := func(key string, receiver Addr, want uint8) {
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
	c.add(cutRow{key: "a1", part: CutPart{Seq: 3, first: "b1", day: 20780}, receiver: other}) // the id comes again
	find("a1", one, 0)
	find("a1", other, 3)
	c.settle() // of a batch without parts
	c.settle(row)
	find("a1", other, 3) // it is the record of the one before that is in the index
	find("a2", one, 2)
	c.settle(second)
	find("a2", one, 0)
}

// TestPartOfBeforeTheLog: a receipt may come before the log can be read; it is one of a
// part all the same, and to be kept by the SMSC.
func TestPartOfBeforeTheLog(t *testing.T) {
	opt := testOptions(t)
	r := start(t, opt)
	c := conversation(t, "10690001", "447700900123")
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
	again.Ledger().Merge(p, PartReceipt{State: messageDelivered}, func(m *Merged, err error) {
		if m != nil || !errors.Is(err, ErrDown) {
			t.Errorf("merge: got %v %v, want ErrDown", m, err)
		}
	})
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestPartsWithoutNames: parts of which not all can be told by a receipt are never merged.
func TestPartsWithoutNames(t *testing.T) {
	r := start(t, testOptions(t))
	c := conversation(t, "10690001", "447700900123")
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

// TestPartIDs finds all parts of a message by the first.
func TestPartIDs(t *testing.T) {
	r := start(t, testOptions(t))
	c := conversation(t, "10690001", "447700900123")
	r.submitCut(c, 1, "A1", "A2", "A3")
	r.submit(c, "B1")
	for id, want := range map[string]string{"A1": "A1 A2 A3", "A2": "", "B1": "", "": ""} {
		got := bytes.Join(r.Ledger().PartIDs(c, []byte(id), []byte(strings.ToLower(id))), []byte(" "))
		if string(got) != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
	if ids := r.Ledger().PartIDs(conversation(t, "10690002", "447700900123"), []byte("A1"), []byte("a1")); ids != nil {
		t.Errorf("of another sender: got %q, want none", ids)
	}
}

// TestCutIsOneMessage reads a message that was cut: its feedback has all message_ids.
func TestCutIsOneMessage(t *testing.T) {
	r := start(t, testOptions(t))
	c := conversation(t, "10690001", "447700900123")
	first := r.submitCut(c, 1, "A1", "A2", "A3")
	if next := r.submit(c, "B1"); first.Number != 1 || next.Number != 2 {
		t.Errorf("numbers: got %d %d, want 1 2", first.Number, next.Number)
	}
	for _, id := range []string{"A1", "A2"} {
		r.Ledger().Receipt(c, []byte(id), StateDelivered)
	}
	r.wantStates(c, "sent", "sent")
	r.Ledger().Receipt(c, []byte("A3"), StateDelivered)
	r.wantStates(c, "delivered", "sent")
	r.read(c, 1)
	if fb := receive(t, r.tellings("bank")); fmt.Sprint(fb.MessageIDs) != "[A1 A2 A3]" {
		t.Errorf("message ids: got %v, want all three", fb.MessageIDs)
	}
}

// TestReferencesDoNotCollide cuts messages between others that the ESME has cut.
func TestReferencesDoNotCollide(t *testing.T) {
	r := start(t, testOptions(t))
	c := conversation(t, "10690001", "447700900123")
	part := func(ref uint16, seq uint8) *Sent {
		s := message(c)
		s.Part = Part{Ref: ref, Total: 2, Seq: seq}
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
		s := message(c)
		s.Cut = 2
		if err := r.Ledger().Assign(s); err != nil {
			t.Fatal(err)
		}
		if s.Part.Ref != want {
			t.Errorf("cut %d, ordinal %d: got reference %d, want %d", i, s.ordinal, s.Part.Ref, want)
		}
		r.Ledger().Refuse(s)
	}
	wide := message(c)
	wide.Cut, wide.Part.Wide = 2, true
	if err := r.Ledger().Assign(wide); err != nil || wide.Part.Ref != uint16(wide.ordinal) {
		t.Errorf("wide: got reference %d %v, want %d", wide.Part.Ref, err, wide.ordinal)
	}
	r.Ledger().Refuse(wide)
}
