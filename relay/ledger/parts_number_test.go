package ledger

import (
	"fmt"
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// wantRead says that a message was read, and wants the message_ids of all its parts in the feedback.
func (p *partition) wantRead(s *Sent, ids string) {
	p.t.Helper()
	if v := p.read(s); !v.IsAccepted() {
		p.t.Fatalf("read: got %+v, want 202", v)
	}
	all := p.outbox()
	if len(all) != 1 || fmt.Sprint(all[0].MessageIDs) != ids {
		p.t.Errorf("feedback: got %+v, want one with the message ids %s", all, ids)
	}
}

func TestPartsShareANumber(t *testing.T) {
	p := runLedger(t)
	part := func(ref uint16, total, seq uint8, at time.Time) *Sent {
		s := partOf(t, total, seq, at)
		s.Part.Ref = ref
		return p.mustAssign(t, s)
	}
	now := time.Now()
	first, other, second := part(9, 3, 1, now), part(10, 2, 1, now), part(9, 3, 2, now)
	if first.Number != 1 || second.Number != 1 || other.Number != 2 {
		t.Errorf("numbers: got %d %d %d, want 1 2 1", first.Number, other.Number, second.Number)
	}
	p.Refuse(second)
	second, third := part(9, 3, 2, now), part(9, 3, 3, now)
	if second.Number != 1 || third.Number != 1 {
		t.Errorf("refused part that comes again: got %d %d, want 1 1", second.Number, third.Number)
	}
	p.accept(third, "id3")
	p.accept(first, "id1")
	p.accept(second, "id2")
	if again := part(9, 3, 1, now); again.Number != 3 {
		t.Errorf("first part after the last: got %d, want 3", again.Number)
	}
	p.wantRead(first, "[id1 id2 id3]")
	if late := part(10, 2, 2, now.Add(6*time.Minute)); late.Number != 4 {
		t.Errorf("part after the wait: got %d, want 4", late.Number)
	}
}

// If only the last part has room for the number, the message is known by all of its message_ids,
// in any order of the responses.
func TestPartsWithoutRoom(t *testing.T) {
	for _, tt := range []struct {
		name  string
		order []string // who is sent (f: follows, n: numbered) and answered (a), with its part
		ids   string
	}{
		{"in order", []string{"f1", "a1", "f2", "a2", "n3", "a3"}, "[id1 id2 id3]"},
		{"answers last", []string{"f1", "f2", "n3", "a3", "a2", "a1"}, "[id1 id2 id3]"},
		{"the numbered part first", []string{"n3", "f1", "a3", "a1", "f2", "a2"}, "[id1 id2 id3]"},
		{"two numbered", []string{"f1", "n2", "a1", "n3", "a3", "a2"}, "[id1 id2 id3]"},
		{"one refused and sent again", []string{"f1", "r1", "f2", "a2", "n3", "f1", "a1", "a3"}, "[id1 id2 id3]"},
		{"one never came", []string{"f1", "a1", "n3", "a3"}, "[id1 id3]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := runLedger(t)
			under, numbered := make(map[byte]*Sent), new(Sent)
			for _, step := range tt.order {
				seq := step[1]
				switch step[0] {
				case 'f':
					under[seq] = partOf(t, 3, seq-'0', time.Now())
					if !p.Follow(under[seq]) {
						t.Fatalf("%s is not noted", step)
					}
				case 'n':
					numbered = p.mustAssign(t, partOf(t, 3, seq-'0', time.Now()))
					if under[seq] = numbered; numbered.Number != 1 {
						t.Fatalf("%s: got number %d, want 1", step, numbered.Number)
					}
				case 'a':
					p.accept(under[seq], "id"+string(seq))
				case 'r':
					p.Refuse(under[seq])
				}
			}
			p.wantRead(numbered, tt.ids)
		})
	}
}

// A message of which no part has room for the number takes no number.
func TestNoPartHasRoom(t *testing.T) {
	p := runLedger(t)
	for seq := range uint8(2) {
		s := partOf(t, 2, seq+1, time.Now())
		if !p.Follow(s) {
			t.Fatal("the part is not noted")
		}
		p.accept(s, fmt.Sprint("id", seq+1))
	}
	c := relaytest.Conversation(t, "10690001", "447700900123")
	if s := p.submit(c, "next"); s.Number != 1 {
		t.Errorf("number of the next message: got %d, want 1", s.Number)
	}
	if all := p.entries(c); len(all) != 1 {
		t.Errorf("messages: got %+v, want the next one only", all)
	}
}

// A message that the gateway cut has one number, and its feedback has all message_ids.
func TestCutIsOneMessage(t *testing.T) {
	p := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	first := p.submitCut(c, 1, "A1", "A2", "A3")
	if next := p.submit(c, "B1"); first.Number != 1 || next.Number != 2 {
		t.Errorf("numbers: got %d %d, want 1 2", first.Number, next.Number)
	}
	for _, id := range []string{"A1", "A2"} {
		p.Receipt("bank", c, []byte(id), message.StateDelivered, 0)
	}
	p.Receipt("bank", c, []byte("B1"), message.StateDelivered, 0) // behind them
	p.wantStates(c, message.StateSent, message.StateDelivered)
	p.Receipt("bank", c, []byte("A3"), message.StateDelivered, 0)
	p.wantStates(c, message.StateDelivered, message.StateDelivered)
	p.wantRead(first, "[A1 A2 A3]")
}
