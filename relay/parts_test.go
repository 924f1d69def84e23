package relay

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

func TestPartsShareANumber(t *testing.T) {
	r := start(t, testOptions(t))
	c := conversation(t, "10690001", "447700900123")
	part := func(ref uint16, total, seq uint8) *Sent {
		s := message(c)
		s.Part = Part{Ref: ref, Total: total, Seq: seq}
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
	fb := receive(t, r.tellings("bank"))
	if got, want := fmt.Sprint(fb.MessageIDs), "[id1 id2 id3]"; got != want {
		t.Errorf("message ids: got %s, want %s", got, want)
	}
	late := message(c)
	late.Part, late.At = Part{Ref: 10, Total: 2, Seq: 2}, late.At.Add(partsWait+time.Minute)
	if err := r.Ledger().Assign(late); err != nil || late.Number != 4 {
		t.Errorf("part after the wait: got %d, %v, want 4", late.Number, err)
	}
}

func TestReceiptsMoveTheState(t *testing.T) {
	r := start(t, testOptions(t))
	c := conversation(t, "10690001", "447700900123")
	early := message(c)
	if err := r.Ledger().Assign(early); err != nil {
		t.Fatal(err)
	}
	l := r.Ledger()
	l.Receipt(c, []byte("00ab1"), StateDelivered) // before the SMSC's answer
	r.accept(early, "AB1")
	r.submit(c, "id2")
	l.Receipt(c, []byte("id2"), StateFailed)
	r.wantStates(c, "delivered", "failed")
	l.Receipt(c, []byte("id2"), StateDelivered)
	r.wantStates(c, "delivered", "delivered")
	l.Receipt(c, []byte("id2"), StateExpired) // backwards
	r.read(c, 2)
	l.Receipt(c, []byte("id2"), StateDelivered)
	l.Receipt(c, []byte("AB1"), StateExpired)
	l.Receipt(c, []byte("unknown"), StateDelivered)
	for i := range uint8(2) {
		s := message(c)
		s.Part = Part{Ref: 1, Total: 2, Seq: i + 1}
		if err := l.Assign(s); err != nil {
			t.Fatal(err)
		}
		r.accept(s, fmt.Sprint("part", i+1))
	}
	l.Receipt(c, []byte("part1"), StateDelivered)
	r.wantStates(c, "delivered", "read", "sent")
	l.Receipt(c, []byte("part2"), StateDelivered)
	r.wantStates(c, "delivered", "read", "delivered")
}

func TestSameID(t *testing.T) {
	base := func(receipt, message []byte) bool { // dec and hex
		want, err := strconv.ParseUint(string(message), 16, 64)
		return err == nil && string(receipt) == strconv.FormatUint(want, 10)
	}
	tests := []struct {
		name             string
		same             func(receipt, message []byte) bool
		receipt, message string
		want             bool
	}{
		{"equal", nil, "4A7F01", "4A7F01", true},
		{"none, another case", nil, "4a7f01", "4A7F01", false},
		{"default, another case", DefaultOptions().SameID, "4a7f01", "4A7F01", true},
		{"default, leading zeros", DefaultOptions().SameID, "4A7F01", "004A7F01", true},
		{"default, another base", DefaultOptions().SameID, "4882177", "4A7F01", false},
		{"another base", base, "4882177", "4A7F01", true},
		{"other way round", base, "4A7F01", "4882177", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opt := testOptions(t)
			opt.SameID = tt.same
			r := start(t, opt)
			c := conversation(t, "10690001", "447700900123")
			s := r.submit(c, tt.message)
			r.ledger.catchUp()
			p, _, err := r.ledger.findMessage(&c, []byte(tt.receipt), s.day)
			if err != nil || (p != nil) != tt.want {
				t.Errorf("got %v, %v, want it found: %v", p, err, tt.want)
			}
		})
	}
}

// wantStates waits until the messages of a conversation are in these states.
func (r *running) wantStates(c Conversation, want ...string) {
	r.t.Helper()
	ctx := deadline(r.t)
	for {
		v, err := r.Conversation(c.Sender.String(), c.Receiver.String())
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
