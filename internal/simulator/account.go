package simulator

import (
	"slices"
	"sync"
)

// maxReceipts bounds the receipts that wait for a session of an account; when it
// is reached, messages that ask for one are refused with ESME_RMSGQFUL.
const maxReceipts = 100_000

// account is a system_id with its sessions, and the receipts that none of them
// could take yet.
type account struct {
	name   string
	window int // receipts that a session may leave unanswered

	mu       sync.Mutex
	bound    []*session // guarded by mu, as all below
	turn     int        // where the search for a session starts
	receipts []*waitingReceipt
}

func (a *account) join(s *session) {
	a.mu.Lock()
	a.bound = append(a.bound, s)
	a.mu.Unlock()
	s.account.Store(a)
}

// leave takes s out and reports whether the account has neither sessions nor
// receipts left.
func (a *account) leave(s *session) (idle bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bound = slices.DeleteFunc(a.bound, func(b *session) bool { return b == s })
	return len(a.bound) == 0 && len(a.receipts) == 0
}

func (a *account) sessions() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.bound)
}

// full reports whether no more receipts can wait.
func (a *account) full() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.receipts) >= maxReceipts
}

// offer queues a receipt. A full account loses it: a message that had been
// accepted when there was room.
func (a *account) offer(r *waitingReceipt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.receipts) < maxReceipts {
		a.receipts = append(a.receipts, r)
	}
}

// pump hands receipts to sessions that have room for them, to here before all
// others, since whoever calls on here's read goroutine flushes it anyway. The
// others are flushed.
func (a *account) pump(here *session) {
	var others []*session
	a.mu.Lock()
	for len(a.receipts) > 0 {
		s := a.free(here)
		if s == nil {
			break
		}
		s.sendReceipt(a.receipts[0])
		s.windows++
		a.receipts[0] = nil
		a.receipts = a.receipts[1:]
		if s != here && !slices.Contains(others, s) {
			others = append(others, s)
		}
	}
	a.mu.Unlock()
	for _, s := range others {
		_ = s.out.flush() // a connection that fails is closed; its reader logs why
	}
}

// free returns a session with room for a receipt; mu is held.
func (a *account) free(here *session) *session {
	if here != nil && a.hasRoom(here) && slices.Contains(a.bound, here) {
		return here
	}
	for range a.bound {
		a.turn++
		if s := a.bound[a.turn%len(a.bound)]; a.hasRoom(s) {
			return s
		}
	}
	return nil
}

func (a *account) hasRoom(s *session) bool { return s.receives && s.windows < a.window }

// answered notes that a receipt of the session was answered, and sends the next one.
func (a *account) answered(s *session) {
	a.mu.Lock()
	s.windows--
	a.mu.Unlock()
	a.pump(s)
}

// pick returns a session for a request of the test. The sessions take turns.
func (a *account) pick(suits func(*session) bool) *session {
	a.mu.Lock()
	defer a.mu.Unlock()
	for range a.bound {
		a.turn++
		if s := a.bound[a.turn%len(a.bound)]; suits(s) {
			return s
		}
	}
	return nil
}
