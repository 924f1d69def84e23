package gateway

import (
	"time"

	"readback/smpp"
)

// heldRequests is a queue of requests. It allocates only to grow.
type heldRequests struct {
	heads  []heldRequest
	frames []byte // the frames of heads, one behind the other

	// How much of both has been taken.
	takenHeads  int
	takenOctets int
}

// heldRequest is a request that waits for those before it.
type heldRequest struct {
	arrived time.Time
	octets  int
}

func (h *heldRequests) len() int { return len(h.heads) - h.takenHeads }

// octets returns how long the requests are.
func (h *heldRequests) octets() int { return len(h.frames) - h.takenOctets }

// oldest returns when the first request came. There must be one.
func (h *heldRequests) oldest() time.Time { return h.heads[h.takenHeads].arrived }

// add adds a copy of f.
func (h *heldRequests) add(f smpp.Frame, arrived time.Time) {
	h.heads = append(h.heads, heldRequest{arrived, len(f)})
	h.frames = append(h.frames, f...)
}

// take appends the first request to dst and removes it. There must be one.
func (h *heldRequests) take(dst []byte) (f smpp.Frame, arrived time.Time) {
	first := h.heads[h.takenHeads]
	f = append(dst, h.frames[h.takenOctets:][:first.octets]...)
	h.takenHeads++
	h.takenOctets += first.octets
	if 2*h.takenHeads >= len(h.heads) {
		h.heads = h.heads[:copy(h.heads, h.heads[h.takenHeads:])]
		h.frames = h.frames[:copy(h.frames, h.frames[h.takenOctets:])]
		h.takenHeads, h.takenOctets = 0, 0
	}
	return f, first.arrived
}

// keptOctets is how much memory for frames an empty queue keeps.
const keptOctets = 64 << 10

// shrink gives the memory of a burst back. The queue must be empty.
func (h *heldRequests) shrink() {
	if cap(h.frames) > keptOctets {
		*h = heldRequests{}
	}
}
