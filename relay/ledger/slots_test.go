package ledger

import (
	"fmt"
	"testing"
	"unsafe"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// A conversation is found by its addresses, also if another one has the same hash.
func TestSlotsAreFound(t *testing.T) {
	for _, hashes := range []uint32{1, 3, 1 << 30} {
		t.Run(fmt.Sprintf("%d hashes", hashes), func(t *testing.T) {
			m := newSlots()
			var all [10]message.Conversation
			var at [10]*slot
			key := func(i int) uint32 { return uint32(i) * 0x9E3779B9 % hashes }
			for i := range all {
				all[i] = relaytest.Conversation(t, fmt.Sprint("s", i), "447700900123")
				at[i] = m.put(key(i), &all[i])
			}
			gone := map[int]bool{}
			for _, next := range []int{0, 9, 4, 1, 2, 3, 5, 6, 7, 8} {
				m.remove(placeOf(t, &m, &all[next]))
				gone[next] = true
				if next == 4 { // one that comes back is found, wherever it was before
					at[4] = m.put(key(4), &all[4])
					delete(gone, 4)
				}
				for i := range all {
					got := m.get(key(i), &all[i])
					if gone[i] && got != nil || !gone[i] && got != at[i] {
						t.Errorf("without %d: got %v for conversation %d, want it %v", next, got, i, !gone[i])
					}
				}
			}
			if got := m.count(); got != 1 || m.made != 11 {
				t.Errorf("got %d conversations left and %d places made, want the one that came back, and 11", got, m.made)
			}
		})
	}
}

// placeOf returns where a conversation is.
func placeOf(t *testing.T, m *slots, c *message.Conversation) (at uint32) {
	t.Helper()
	n := 0
	for place, s := range m.all() {
		if n++; s.conv == *c {
			at = place
		}
	}
	if at == 0 || n != m.count() {
		t.Errorf("got place %d among %d conversations, want one among %d", at, n, m.count())
	}
	return at
}

// A slot stays where it is while others are added.
func TestSlotsDoNotMove(t *testing.T) {
	m := newSlots()
	var at []*slot
	for i, c := range relaytest.Conversations(t, 3*chunk) {
		at = append(at, m.put(uint32(i), &c))
	}
	for i, c := range relaytest.Conversations(t, 3*chunk) {
		if got := m.get(uint32(i), &c); got != at[i] {
			t.Errorf("conversation %d: got it at %p, want %p", i, got, at[i])
		}
	}
}

// A conversation takes a cache line: a gateway has hundreds of thousands of them in memory.
func TestSizeOfConversation(t *testing.T) {
	if got := unsafe.Sizeof(slot{}); got > 64 {
		t.Errorf("slot: got %d octets, want at most 64", got)
	}
	if got := unsafe.Sizeof(head{}); got > 96 { // a size class of Go's allocator
		t.Errorf("head: got %d octets, want at most 96", got)
	}
}
