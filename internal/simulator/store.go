package simulator

import (
	"strconv"
	"sync"
	"sync/atomic"

	"readback/smpp"
	"readback/smpp/receipt"
)

// firstID is the number of the first message_id: 4A7F01.
const firstID = 0x4A7F01

// remembered is how many of the newest messages can be queried, a power of two.
const remembered = 1 << 16

// store gives message_ids and remembers the state of the newest messages. It is
// made for a sink: giving and setting take no lock.
type store struct {
	base   int // 10 or 16
	next   atomic.Uint64
	states [remembered]atomic.Uint64 // number<<8 | state, by the low bits of the number

	mu      sync.Mutex
	enroute map[uint64]*held // those of DeliverAfter, bounded by their line
}

// held is a message on its way to the handset.
type held struct {
	from   *account
	frame  smpp.Frame // own copy
	change ReceiptChange
}

func newStore(decimal bool) *store {
	s := &store{base: 16, enroute: make(map[uint64]*held)}
	if decimal {
		s.base = 10
	}
	s.next.Store(firstID)
	return s
}

// accept gives the next message its number.
func (s *store) accept() uint64 {
	n := s.next.Add(1) - 1
	s.set(n, receipt.Enroute)
	return n
}

// accepted counts the messages so far.
func (s *store) accepted() uint64 { return s.next.Load() - firstID }

func (s *store) set(n uint64, state receipt.State) {
	s.states[n%remembered].Store(n<<8 | uint64(state))
}

// state returns how far message n got; ok is false if it is unknown or forgotten.
func (s *store) state(n uint64) (state receipt.State, ok bool) {
	v := s.states[n%remembered].Load()
	return receipt.State(v), v>>8 == n && v != 0
}

// appendID appends the message_id of number n, without NUL.
func (s *store) appendID(dst []byte, n uint64) []byte { return appendID(dst, n, s.base) }

// appendID appends a message_id in the base 10 or 16.
func appendID(dst []byte, n uint64, base int) []byte {
	start := len(dst)
	dst = strconv.AppendUint(dst, n, base)
	for i := start; i < len(dst); i++ {
		if dst[i] >= 'a' {
			dst[i] -= 'a' - 'A'
		}
	}
	return dst
}

// parseID returns the number of a message_id; an id that this store did not
// write, in leading zeros or small letters, is unknown.
func (s *store) parseID(id []byte) (n uint64, ok bool) {
	n, err := strconv.ParseUint(string(id), s.base, 56)
	if err != nil {
		return 0, false
	}
	var buf [20]byte
	return n, string(s.appendID(buf[:0], n)) == string(id)
}

// hold keeps message n until take.
func (s *store) hold(n uint64, h *held) {
	s.mu.Lock()
	s.enroute[n] = h
	s.mu.Unlock()
}

// take removes message n from those held; nil if it is gone.
func (s *store) take(n uint64) *held {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.enroute[n]
	delete(s.enroute, n)
	return h
}

// replace gives message n other contents; change runs with the store locked and
// reports whether it could.
func (s *store) replace(n uint64, change func(h *held) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.enroute[n]
	return h != nil && change(h)
}
