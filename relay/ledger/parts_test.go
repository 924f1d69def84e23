package ledger

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
	"readback/smpp/receipt"
)

// The form of one part binds the parts behind it.
func TestAsIsHoldsForAllParts(t *testing.T) {
	r := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	part := func(ref uint16, seq uint8, asIs bool) *Sent {
		s := toSend(c)
		s.Part, s.AsIs, s.Converts = message.Part{Ref: ref, Wide: true, Total: 3, Seq: seq}, asIs, true
		return s
	}
	first, second, third := part(9, 1, true), part(9, 2, false), part(9, 3, false)
	if !r.Follow(first) || !r.Follow(second) || !second.AsIs {
		t.Errorf("second part: AsIs is %v, want true", second.AsIs)
	}
	if err := r.Assign(third); !errors.Is(err, ErrAsIs) {
		t.Errorf("third part: got %v, want ErrAsIs", err)
	}
	if last := part(11, 3, false); !errors.Is(r.Assign(last), ErrAsIs) || !r.Follow(last) || !last.AsIs {
		t.Errorf("the last part comes first: AsIs is %v, want true", last.AsIs)
	}
	if other := part(10, 1, false); r.Assign(other) != nil || other.Number != 1 {
		t.Errorf("another message: number %d, want 1", other.Number)
	}
}

// A message with a missing part does not bind a later message with the same reference.
func TestAsIsEndsWithItsMessage(t *testing.T) {
	r := runLedger(t)
	part := func(at time.Time, asIs bool) *Sent {
		s := toSend(relaytest.Conversation(t, "10690001", "447700900123"))
		s.Part, s.At, s.AsIs, s.Converts = message.Part{Ref: 9, Wide: true, Total: 3, Seq: 1}, at, asIs, true
		return s
	}
	if !r.Follow(part(time.Now().Add(-partsWait-time.Second), true)) {
		t.Fatal("the part was not noted")
	}
	if s := part(time.Now(), false); r.Assign(s) != nil || s.Number != 1 {
		t.Errorf("a later message: got number %d, want 1", s.Number)
	}
}

// While the ledger is down, a part keeps its form. A message that has begun in another form goes
// on in that form.
func TestAsIsWhileDown(t *testing.T) {
	r := runLedger(t)
	part := func(receiver string, ref uint16, seq uint8) *Sent {
		s := toSend(relaytest.Conversation(t, "10690001", receiver))
		s.Part, s.Converts = message.Part{Ref: ref, Wide: true, Total: 3, Seq: seq}, true
		return s
	}
	if err := r.Assign(part("447700900123", 9, 1)); err != nil {
		t.Fatal(err)
	}
	r.status.Set(ErrDown)
	for _, tt := range []struct {
		name string
		s    *Sent
		asIs bool
	}{
		{"begun before", part("447700900123", 9, 2), false},
		{"another message", part("447700900123", 10, 1), true},
		{"another conversation", part("447700900124", 9, 1), true},
		{"no part", toSend(relaytest.Conversation(t, "10690001", "447700900123")), false},
	} {
		followed := *tt.s
		if err := r.Assign(tt.s); !errors.Is(err, ErrDown) || tt.s.AsIs != tt.asIs {
			t.Errorf("%s: got %v, AsIs %v, want %v", tt.name, err, tt.s.AsIs, tt.asIs)
		}
		if r.Follow(&followed) || followed.AsIs != tt.asIs {
			t.Errorf("%s, without room: AsIs %v, want %v", tt.name, followed.AsIs, tt.asIs)
		}
	}
	r.status.Set(nil)
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
		{"default, another case", receipt.SameID, "4a7f01", "4A7F01", true},
		{"default, leading zeros", receipt.SameID, "4A7F01", "004A7F01", true},
		{"default, another base", receipt.SameID, "4882177", "4A7F01", false},
		{"another base", base, "4882177", "4A7F01", true},
		{"other way round", base, "4A7F01", "4882177", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opt := ledgerOptionsOfTest()
			opt.SameID = tt.same
			r := runLedgerOn(t, new(journal.Memory), t.TempDir(), opt)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			r.submit(c, tt.message)
			r.CatchUp()
			p, _, err := r.Find(&c, []byte(tt.receipt))
			if err != nil || (p != nil) != tt.want {
				t.Errorf("got %v, %v, want it found: %v", p, err, tt.want)
			}
		})
	}
}
