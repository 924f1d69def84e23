package ledger

import "slices"

// lateRef is a reference and its length in one value that is not zero.
func lateRef(ref uint16, wide bool) uint32 {
	if wide {
		return 2<<16 | uint32(ref)
	}
	return 1<<16 | uint32(ref)
}

func (h *head) usedRef(ref uint16, wide bool) {
	h.lately[h.refs%len(h.lately)] = lateRef(ref, wide)
	h.refs++
}

// takeRef returns a reference for the message with this ordinal: none that a message of the
// conversation has that is open or was so lately. Ordinals differ, so those of the
// gateway's own come round after 256 or 65,536 messages.
func (h *head) takeRef(ordinal uint64, wide bool) uint16 {
	for ref := ordinal; ; ref++ {
		r := uint16(ref)
		if !wide {
			r &= 0xFF
		}
		if !h.usesRef(r, wide) {
			h.usedRef(r, wide)
			return r
		}
	}
}

func (h *head) usesRef(ref uint16, wide bool) bool {
	for i := range h.parts {
		if h.parts[i].ref == ref && h.parts[i].wide == wide {
			return true
		}
	}
	return slices.Contains(h.lately[:], lateRef(ref, wide))
}
