package ledger

import "slices"

// concat is what a conversation knows of its messages of several parts. Most conversations have none.
type concat struct {
	open   []openPart
	lately [8]uint32 // references of the last messages; see lateRef
	refs   int       // how many there were
}

// open returns the messages of several parts that are open.
func (h *head) open() []openPart {
	if h.parts == nil {
		return nil
	}
	return h.parts.open
}

// concat returns h.parts, and makes it if there is none.
func (h *head) concat() *concat {
	if h.parts == nil {
		h.parts = &concat{}
		h.shard.parts++
	}
	return h.parts
}

// lateRef is a reference and its length in one value that is not zero.
func lateRef(ref uint16, wide bool) uint32 {
	if wide {
		return 2<<16 | uint32(ref)
	}
	return 1<<16 | uint32(ref)
}

func (h *head) usedRef(ref uint16, wide bool) {
	p := h.concat()
	p.lately[p.refs%len(p.lately)] = lateRef(ref, wide)
	p.refs++
}

// takeRef returns a reference for the message with this ordinal: none that a message of the
// conversation has that is open or was so lately, and if it has 8 bits, none that is held. Ordinals
// differ, so those of the gateway's own come round after 256 or 65,536 messages.
func (h *head) takeRef(ordinal uint64, wide bool, held func(ref uint16) bool) uint16 {
	for ref := ordinal; ; ref++ {
		r := uint16(ref)
		if !wide {
			r &= 0xFF
		}
		allHeld := ref-ordinal >= 1<<8
		if !h.usesRef(r, wide) && (wide || allHeld || !held(r)) {
			h.usedRef(r, wide)
			return r
		}
	}
}

func (h *head) usesRef(ref uint16, wide bool) bool {
	if h.parts == nil {
		return false
	}
	for i := range h.parts.open {
		if p := &h.parts.open[i]; p.ref == ref && p.wide == wide {
			return true
		}
	}
	return slices.Contains(h.parts.lately[:], lateRef(ref, wide))
}
