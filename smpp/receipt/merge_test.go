package receipt

import (
	"fmt"
	"testing"
)

// The merged receipt has the worst state of all parts.
func TestWorstReceipt(t *testing.T) {
	order := []State{Delivered, Accepted, Unknown, Expired, Deleted, Undeliverable, Rejected}
	for i, a := range order {
		for j, b := range order {
			m := Merge{States: make([]byte, 2)}
			if got := m.Note(1, Part{State: a, ID: "A1", Err: a.Stat(), Text: "one"}); got != nil {
				t.Errorf("%v alone: got %+v, want nothing yet", a, got)
			}
			got := m.Note(2, Part{State: b, ID: "A2", Err: b.Stat(), Text: "two", Network: "n"})
			want := order[max(i, j)]
			if got == nil || got.State != want || got.Err != want.Stat() || got.ID != "A1" || got.Text != "one" {
				t.Errorf("%v and %v: got %+v, want %v, with the id and the text of the first", a, b, got, want)
			}
		}
	}
}

// Only a final receipt of one of the parts counts.
func TestReceiptOfNoPart(t *testing.T) {
	m := Merge{States: make([]byte, 2)}
	for _, tt := range []struct {
		name  string
		seq   uint8
		state State
	}{
		{"part 0", 0, Delivered},
		{"part 3 of 2", 3, Delivered},
		{"no state", 1, 0},
		{"en route", 1, Enroute},
		{"beyond those there are", 1, 9},
	} {
		if got := m.Note(tt.seq, Part{State: tt.state}); got != nil || string(m.States) != "\x00\x00" {
			t.Errorf("%s: got %+v, states %v, want that it changes nothing", tt.name, got, m.States)
		}
	}
}

// A part in the state ACCEPTED or UNKNOWN may still get a better or a worse state. Any other further
// receipt of a part is a repetition. What the parts come to is told once.
func TestUnknownTurnsOut(t *testing.T) {
	const ok, accepted, unknown, failed = Delivered, Accepted, Unknown, Undeliverable
	type step struct {
		seq   uint8
		state State
		want  string // "": nothing
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"better", []step{{1, unknown, ""}, {2, ok, "7 e7"}, {1, ok, "2 e2"}}},
		{"worse", []step{{1, unknown, ""}, {2, ok, "7 e7"}, {1, failed, "5 e5"}}},
		{"better than another that failed", []step{{1, unknown, ""}, {2, failed, "5 e5"}, {1, ok, ""}, {2, failed, "5 e5"}}},
		{"unknown again", []step{{1, unknown, ""}, {2, ok, "7 e7"}, {1, unknown, ""}, {2, ok, "7 e7"}}},
		{"a failure is not delivered later", []step{{1, failed, ""}, {2, ok, "5 e5"}, {1, ok, ""}, {2, ok, "5 e5"}}},
		{"a delivery does not become unknown", []step{{1, ok, ""}, {1, unknown, ""}, {2, ok, "2 e2"}}},
		{"the last one again, in another state", []step{{1, ok, ""}, {2, ok, "2 e2"}, {2, failed, "2 e2"}}},
		{"two unknown", []step{{1, unknown, ""}, {2, unknown, "7 e7"}, {1, ok, ""}, {2, ok, "2 e2"}}},
		{"the first one's words come with its receipt", []step{{2, unknown, ""}, {1, failed, "5 e5"}}},
		{"accepted is the last word", []step{{1, ok, ""}, {2, accepted, "6 e6"}, {2, accepted, "6 e6"}}},
		{"accepted, then delivered", []step{{1, accepted, ""}, {2, accepted, "6 e6"}, {1, ok, ""}, {2, accepted, "6 e6"}, {2, ok, "2 e2"}}},
		{"accepted, then failed", []step{{1, accepted, ""}, {2, ok, "6 e6"}, {1, failed, "5 e5"}}},
		{"accepted, then unknown", []step{{1, ok, ""}, {2, accepted, "6 e6"}, {2, unknown, "7 e7"}, {2, accepted, "7 e7"}, {2, ok, "2 e2"}}},
		{"a delivery does not become accepted", []step{{1, ok, ""}, {1, accepted, ""}, {2, ok, "2 e2"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := Merge{States: make([]byte, 2)}
			for i, s := range tt.steps {
				got := ""
				if w := m.Note(s.seq, Part{State: s.state, Err: fmt.Sprint("e", byte(s.state))}); w != nil {
					got = fmt.Sprint(byte(w.State), " ", w.Err)
				}
				if got != s.want {
					t.Errorf("step %d: got %q, want %q", i+1, got, s.want)
				}
			}
		})
	}
}

// registered_delivery decides whether the ESME wants the merged receipt.
func TestWhichReceiptIsWanted(t *testing.T) {
	for _, tt := range []struct {
		wanted            byte
		delivered, failed bool
	}{
		{0, true, true},
		{1, true, true},
		{2, false, true},
		{3, true, false},
		{0x10 | 2, false, true}, // other bits ask for other things
		{0x0c | 1, true, true},
		{0x0c, true, true},
	} {
		for state, want := range map[State]bool{Delivered: tt.delivered, Expired: tt.failed, Unknown: tt.failed} {
			m := Merge{Wanted: tt.wanted}
			if got := m.IsWanted(state); got != want {
				t.Errorf("registered_delivery %#x, %v: got wanted %t, want %t", tt.wanted, state, got, want)
			}
		}
	}
}
