package ledger

import (
	"fmt"
	"hash/maphash"
	"slices"
	"testing"
	"unsafe"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// A head is found by its conversation, also if another conversation has the same hash.
func TestHeadsAreFound(t *testing.T) {
	for _, hashes := range []uint64{1, 3, 1 << 40} {
		t.Run(fmt.Sprintf("%d hashes", hashes), func(t *testing.T) {
			m := newHeads(maphash.MakeSeed())
			by := m.hash
			m.hash = func(c message.Conversation) uint64 { return by(c) % hashes }
			all := make([]*head, 10)
			for i := range all {
				all[i] = &head{conv: relaytest.Conversation(t, fmt.Sprint("s", i), "447700900123")}
				m.put(all[i])
			}
			for _, gone := range []int{0, 9, 4, 1, 2, 3, 5, 6, 7, 8} {
				if got := len(slices.Collect(m.all())); got != m.count() {
					t.Errorf("got %d of %d heads", got, m.count())
				}
				m.remove(all[gone])
				all[gone].next = 1
				for i, h := range all {
					got := m.get(&h.conv)
					if want := h.next == 0; want && got != h || !want && got != nil {
						t.Errorf("without %d: got %v for conversation %d, want it %v", gone, got, i, want)
					}
				}
				// One that comes back is found, wherever it was before.
				if gone == 4 {
					all[4].next = 0
					m.put(all[4])
				}
			}
			if got := m.count(); got != 1 {
				t.Errorf("got %d heads left, want the one that came back", got)
			}
		})
	}
}

// A head takes little memory: a gateway has hundreds of thousands of them.
func TestSizeOfHead(t *testing.T) {
	const most = 144 // a size class of Go's allocator
	if got := unsafe.Sizeof(head{}); got > most {
		t.Errorf("got %d octets, want at most %d", got, most)
	}
}
