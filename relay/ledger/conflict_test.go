package ledger

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"readback/internal/seed"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// writers is several ledgers that write to one log, one after the other and for a while side
// by side: each takes it over from the one before, which does not know yet.
type writers struct {
	t   *testing.T
	rnd *rand.Rand // of the test's goroutine
	log *journal.Memory
	all []message.Conversation

	gate sync.RWMutex // held while one takes over, as if those before were frozen

	mu    sync.Mutex
	given map[string]int // by conversation and ordinal
	twice []string
	n     int
	more  chan struct{} // closed at each number
}

func newWriters(t *testing.T) *writers {
	w := &writers{
		t: t, rnd: seed.Rand(t), log: new(journal.Memory),
		given: make(map[string]int), more: make(chan struct{}),
	}
	for i := range 4 {
		w.all = append(w.all, relaytest.Conversation(t, "10690001", fmt.Sprintf("155501%02d", i)))
	}
	return w
}

// note notes a number that was given.
func (w *writers) note(s *Sent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := fmt.Sprint(s.Conversation.Receiver, " ", s.ordinal)
	if w.given[key]++; w.given[key] > 1 {
		w.twice = append(w.twice, key)
	}
	w.n++
	close(w.more)
	w.more = make(chan struct{})
}

// await waits until n more numbers were given.
func (w *writers) await(n int) {
	w.mu.Lock()
	want := w.n + n
	for w.n < want {
		more := w.more
		w.mu.Unlock()
		relaytest.Receive(w.t, more)
		w.mu.Lock()
	}
	w.mu.Unlock()
}

// write sends messages on every conversation until the ledger gives no more numbers.
func (w *writers) write(p *partition, wg *sync.WaitGroup) {
	for _, c := range w.all {
		rnd := seed.Split(w.rnd)
		wg.Go(func() {
			for w.writeOne(p, c, rnd) {
			}
		})
	}
}

// writeOne sends one message; false when the ledger gives no number.
func (w *writers) writeOne(p *partition, c message.Conversation, rnd *rand.Rand) bool {
	w.gate.RLock()
	defer w.gate.RUnlock()
	s := toSend(c)
	if p.Assign(s) != nil {
		return false
	}
	w.note(s)
	done := make(relaytest.Logged, 1)
	switch rnd.IntN(6) {
	case 0:
		p.Refuse(s)
	case 1: // answered while others are sent
		p.Accept(s, []byte("id"), done, 0)
	default:
		p.Accept(s, []byte("id"), done, 0)
		<-done
	}
	return true
}

// run lets writers follow one another.
func (w *writers) run(follow int) {
	var wg sync.WaitGroup
	for i := range follow {
		w.gate.Lock()
		p := runLedgerOn(w.t, w.log, w.t.TempDir(), ledgerOptionsOfTest()) // from here on the one before has lost the log, and goes on
		if lostSkip.Load() {
			p.skip = 0
		}
		w.gate.Unlock()
		w.write(p, &wg)
		w.await(40)
		if i == follow-1 {
			p.kill()
		}
	}
	wg.Wait()
}

// Writers that take the log from each other assign no number twice.
func TestWritersInConflict(t *testing.T) {
	w := newWriters(t)
	w.run(5)
	for _, key := range w.twice {
		t.Errorf("given twice: %s", key)
	}
	t.Logf("%d numbers", w.n)
}

// Without the skip, writers in conflict assign numbers twice. This shows that the test above can
// fail.
func TestConflictNeedsTheSkip(t *testing.T) {
	lostSkip.Store(true)
	defer lostSkip.Store(false)
	w := newWriters(t)
	for try := 0; len(w.twice) == 0 && try < 5; try++ {
		w.run(5)
	}
	if len(w.twice) == 0 {
		t.Error("no number was given twice: the test cannot find what it is for")
	}
}
