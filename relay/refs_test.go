package relay

import "testing"

// TestReferences: a message that is cut gets a reference that none has which is open or was used
// lately, of the same length.
func TestReferences(t *testing.T) {
	for _, tt := range []struct {
		name    string
		before  func(*head)
		ordinal uint64
		wide    bool
		want    uint16
	}{
		{"the ordinal", func(*head) {}, 5, false, 5},
		{"it comes round", func(*head) {}, 0x305, false, 5},
		{"a wide one later", func(*head) {}, 0x30305, true, 0x305},
		{"open", func(h *head) { h.parts = []openPart{{ref: 5}} }, 5, false, 6},
		{"the last one is open", func(h *head) { h.parts = []openPart{{ref: 255}, {ref: 0}} }, 255, false, 1},
		{"open, and wide", func(h *head) { h.parts = []openPart{{ref: 5, wide: true}} }, 5, false, 5},
		{"lately", func(h *head) { h.usedRef(5, false); h.usedRef(6, false) }, 5, false, 7},
		{"lately, and wide", func(h *head) { h.usedRef(5, true) }, 5, false, 5},
		{"a wide one lately", func(h *head) { h.usedRef(5, true) }, 5, true, 6},
		{"none is used", func(*head) {}, 0, false, 0},
		{"eight ago", func(h *head) {
			for ref := range uint16(8) {
				h.usedRef(ref, false)
			}
		}, 0, false, 8},
		{"nine ago", func(h *head) {
			for ref := range uint16(9) {
				h.usedRef(ref, false)
			}
		}, 0, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &head{}
			tt.before(h)
			if got := h.takeRef(tt.ordinal, tt.wide); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
			if !h.usesRef(tt.want, tt.wide) || h.usesRef(tt.want, tt.wide) && h.takeRef(tt.ordinal, tt.wide) == tt.want {
				t.Error("it can be taken again at once")
			}
		})
	}
}

// TestGoOn: a conversation goes on behind its newest number that is in the cycle, whatever it had
// outside of it, and however old that is.
func TestGoOn(t *testing.T) {
	r := aside(t)
	l := r.ledger
	l.first, l.numbers = 100, 50
	c := conversation(t, "10690001", "447700900123")
	if got, err := l.goOn(&c, 7); err != nil || l.number(got) != 100 || got < 7 || got >= 57 {
		t.Errorf("no number: got ordinal %d, %v, want the next one of the first number", got, err)
	}
	seq := uint64(0)
	for _, tt := range []struct {
		name         string
		number       uint16
		ordinal      uint64
		day          uint16
		next         uint64
		wantedNumber uint16
	}{
		{"below the cycle", 99, 10, 20780, 11, 100},
		{"above the cycle", 150, 11, 20780, 12, 100},
		{"the first of the cycle", 100, 12, 20780, 13, 101},
		{"the last of the cycle", 149, 13, 20781, 14, 100},
		{"an older one", 120, 5, 20782, 14, 100},
		{"one more", 110, 20, 20779, 23, 113},
	} {
		seq++
		p := place{conv: c, day: tt.day, number: tt.number, ordinal: tt.ordinal}
		r.brought(t, seq, func(b []byte) []byte {
			return appendAccepted(b, &record{place: p, bound: tt.ordinal + 1, at: 1, from: Address{Addr: c.Sender}, to: Address{Addr: c.Receiver}}, "bank")
		})
		got, err := l.goOn(&c, tt.next)
		if err != nil || l.number(got) != tt.wantedNumber || got < tt.next || got >= tt.next+50 {
			t.Errorf("%s: got ordinal %d, number %d, %v, want number %d", tt.name, got, l.number(got), err, tt.wantedNumber)
		}
	}
	for _, tt := range []struct {
		c    cycle
		want bool
	}{{cycle{1, 257, 1}, true}, {cycle{1, 257, 0}, false}, {cycle{2, 257, 1}, false}, {cycle{1, 256, 1}, false}} {
		if got := tt.c.is(1, 257); got != tt.want {
			t.Errorf("%+v: got %v, want %v", tt.c, got, tt.want)
		}
	}
}
