package relay

import (
	"fmt"
	"testing"
	"time"

	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/relaytest"
)

func TestPartsShareANumber(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	part := func(ref uint16, total, seq uint8) *ledger.Sent {
		s := tracked(c)
		s.Part = message.Part{Ref: ref, Total: total, Seq: seq}
		if err := r.Ledger().Assign(s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	first, other, second := part(9, 3, 1), part(10, 2, 1), part(9, 3, 2)
	if first.Number != 1 || second.Number != 1 || other.Number != 2 {
		t.Errorf("numbers: got %d %d %d, want 1 2 1", first.Number, other.Number, second.Number)
	}
	r.Ledger().Refuse(second)
	second = part(9, 3, 2)
	third := part(9, 3, 3)
	if second.Number != 1 || third.Number != 1 {
		t.Errorf("refused part that comes again: got %d %d, want 1 1", second.Number, third.Number)
	}
	r.accept(third, "id3")
	r.accept(first, "id1")
	r.accept(second, "id2")
	if again := part(9, 3, 1); again.Number != 3 {
		t.Errorf("first part after the last: got %d, want 3", again.Number)
	}
	r.read(c, 1)
	fb := relaytest.Receive(t, r.tellings("bank"))
	if got, want := fmt.Sprint(fb.MessageIDs), "[id1 id2 id3]"; got != want {
		t.Errorf("message ids: got %s, want %s", got, want)
	}
	late := tracked(c)
	late.Part, late.At = message.Part{Ref: 10, Total: 2, Seq: 2}, late.At.Add(6*time.Minute)
	if err := r.Ledger().Assign(late); err != nil || late.Number != 4 {
		t.Errorf("part after the wait: got %d, %v, want 4", late.Number, err)
	}
}

// If only the last part has room for the number, the message is known by all of its message_ids,
// in any order of the responses.
func TestPartsWithoutRoom(t *testing.T) {
	t.Parallel()
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
			r := start(t, testOptions(t))
			c := relaytest.Conversation(t, "10690001", "447700900123")
			under := make(map[byte]*ledger.Sent)
			for _, step := range tt.order {
				seq := step[1]
				switch step[0] {
				case 'f', 'n':
					s := tracked(c)
					s.Part = message.Part{Ref: 9, Total: 3, Seq: seq - '0'}
					if step[0] == 'f' && !r.Ledger().Follow(s) {
						t.Fatalf("%s is not noted", step)
					} else if step[0] == 'n' {
						if err := r.Ledger().Assign(s); err != nil || s.Number != 1 {
							t.Fatalf("%s: number %d, %v, want 1", step, s.Number, err)
						}
					}
					under[seq] = s
				case 'a':
					r.accept(under[seq], "id"+string(seq))
				case 'r':
					r.Ledger().Refuse(under[seq])
				}
			}
			r.read(c, 1)
			if fb := relaytest.Receive(t, r.tellings("bank")); fmt.Sprint(fb.MessageIDs) != tt.ids {
				t.Errorf("message ids: got %v, want %s", fb.MessageIDs, tt.ids)
			}
		})
	}
}

// A message of which no part has room for the number takes no number.
func TestNoPartHasRoom(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for seq := range uint8(2) {
		s := tracked(c)
		s.Part = message.Part{Ref: 9, Total: 2, Seq: seq + 1}
		if !r.Ledger().Follow(s) {
			t.Fatal("the part is not noted")
		}
		r.accept(s, fmt.Sprint("id", seq+1))
	}
	if s := r.submit(c, "next"); s.Number != 1 {
		t.Errorf("number of the next message: got %d, want 1", s.Number)
	}
	v, err := r.conversation("10690001", "447700900123")
	if err != nil || len(v.Messages) != 1 {
		t.Errorf("messages: got %+v %v, want the next one only", v.Messages, err)
	}
}

func TestReceiptsMoveTheState(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	early := tracked(c)
	if err := r.Ledger().Assign(early); err != nil {
		t.Fatal(err)
	}
	l := r.Ledger()
	l.Receipt(c, []byte("00ab1"), message.StateDelivered) // before the SMSC's answer
	r.accept(early, "AB1")
	r.submit(c, "id2")
	l.Receipt(c, []byte("id2"), message.StateFailed)
	r.wantStates(c, "delivered", "failed")
	l.Receipt(c, []byte("id2"), message.StateDelivered)
	r.wantStates(c, "delivered", "delivered")
	l.Receipt(c, []byte("id2"), message.StateExpired) // backwards
	r.read(c, 2)
	l.Receipt(c, []byte("id2"), message.StateDelivered)
	l.Receipt(c, []byte("AB1"), message.StateExpired)
	l.Receipt(c, []byte("unknown"), message.StateDelivered)
	for i := range uint8(2) {
		s := tracked(c)
		s.Part = message.Part{Ref: 1, Total: 2, Seq: i + 1}
		if err := l.Assign(s); err != nil {
			t.Fatal(err)
		}
		r.accept(s, fmt.Sprint("part", i+1))
	}
	l.Receipt(c, []byte("part1"), message.StateDelivered)
	r.wantStates(c, "delivered", "read", "sent")
	l.Receipt(c, []byte("part2"), message.StateDelivered)
	r.wantStates(c, "delivered", "read", "delivered")
}

// wantStates waits until the messages of a conversation are in these states.
func (r *running) wantStates(c message.Conversation, want ...string) {
	r.t.Helper()
	ctx := relaytest.Deadline(r.t)
	for {
		v, err := r.conversation(c.Sender.String(), c.Receiver.String())
		if err != nil {
			r.t.Fatal(err)
		}
		var got []string
		for _, m := range v.Messages {
			got = append(got, m.State)
		}
		if fmt.Sprint(got) == fmt.Sprint(want) {
			return
		}
		if ctx.Err() != nil {
			r.t.Fatalf("states: got %v, want %v", got, want)
		}
	}
}
