package ledger

import "testing"

// A split message gets a reference that no open or recent message uses, of the same length.
func TestReferences(t *testing.T) {
	none := func(uint16) bool { return false }
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
		{"open", func(h *head) { h.concat().open = []openPart{{ref: 5}} }, 5, false, 6},
		{"the last one is open", func(h *head) { h.concat().open = []openPart{{ref: 255}, {ref: 0}} }, 255, false, 1},
		{"open, and wide", func(h *head) { h.concat().open = []openPart{{ref: 5, wide: true}} }, 5, false, 5},
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
			h := &head{slot: &slot{}, shard: newShard()}
			tt.before(h)
			if got := h.takeRef(tt.ordinal, tt.wide, none); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
			if !h.usesRef(tt.want, tt.wide) || h.usesRef(tt.want, tt.wide) && h.takeRef(tt.ordinal, tt.wide, none) == tt.want {
				t.Error("it can be taken again at once")
			}
		})
	}
}

// A split message gets no reference of 8 bits that a message by sar_* parameters has, unless these have all.
func TestReferencesHeld(t *testing.T) {
	for _, tt := range []struct {
		name string
		held func(uint16) bool
		wide bool
		want uint16
	}{
		{"held", func(ref uint16) bool { return ref == 5 || ref == 6 }, false, 7},
		{"held, and wide", func(ref uint16) bool { return ref == 5 }, true, 5},
		{"all are held", func(uint16) bool { return true }, false, 5},
	} {
		if got := (&head{shard: newShard()}).takeRef(5, tt.wide, tt.held); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}
