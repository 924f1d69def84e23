package gateway

import (
	"bytes"
	"testing"
	"time"

	"readback/internal/seed"
	"readback/smpp"
)

// A queue gives back what was put into it, in order, and no memory stays of a burst.
func TestHeldRequests(t *testing.T) {
	rnd, begin := seed.Rand(t), time.Unix(1e9, 0)
	var h heldRequests
	var want []smpp.Frame
	first, octets := 0, 0 // of want, and of those from first on
	add := func() {
		f := smpp.Frame(bytes.Repeat([]byte{byte(len(want))}, rnd.IntN(300)))
		h.add(f, begin.Add(time.Duration(len(want))))
		want, octets = append(want, f), octets+len(f)
	}
	take := func() {
		if at := begin.Add(time.Duration(first)); !h.oldest().Equal(at) {
			t.Fatalf("request %d: the oldest is of %v, want %v", first, h.oldest(), at)
		}
		f, _ := h.take(nil)
		if !bytes.Equal(f, want[first]) {
			t.Fatalf("request %d: got %d octets % x, want %d", first, len(f), f[:min(len(f), 1)], len(want[first]))
		}
		first, octets = first+1, octets-len(f)
	}
	for range 5000 {
		if first == len(want) || rnd.IntN(20) > 9 {
			add()
		} else {
			take()
		}
		if h.len() != len(want)-first || h.octets() != octets {
			t.Fatalf("got %d requests of %d octets, want %d of %d", h.len(), h.octets(), len(want)-first, octets)
		}
	}
	for h.octets() < keptOctets {
		add()
	}
	for h.len() > 0 {
		take()
	}
	if h.shrink(); cap(h.frames) > keptOctets {
		t.Errorf("got %d octets kept, want at most %d", cap(h.frames), keptOctets)
	}
}
