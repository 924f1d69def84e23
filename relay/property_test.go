package relay

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"readback/internal/seed"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// writers is several relays that write to one log, one after the other and for a while side
// by side: each takes it over from the one before, which does not know yet.
type writers struct {
	t   *testing.T
	rnd *rand.Rand // of the test's goroutine
	url string
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
		t: t, rnd: seed.Rand(t), url: relaytest.NATS(t, t.TempDir(), server.RANDOM_PORT).ClientURL(),
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
func (w *writers) write(r *running, wg *sync.WaitGroup) {
	for _, c := range w.all {
		rnd := seed.Split(w.rnd)
		wg.Go(func() {
			for w.writeOne(r, c, rnd) {
			}
		})
	}
}

// writeOne sends one message; false when the ledger gives no number.
func (w *writers) writeOne(r *running, c message.Conversation, rnd *rand.Rand) bool {
	w.gate.RLock()
	defer w.gate.RUnlock()
	s := tracked(c)
	if r.Ledger().Assign(s) != nil {
		return false
	}
	w.note(s)
	done := make(logged, 1)
	switch rnd.IntN(6) {
	case 0:
		r.Ledger().Refuse(s)
	case 1: // answered while others are sent
		r.Ledger().Accept(s, []byte("id"), done, 0)
	default:
		r.Ledger().Accept(s, []byte("id"), done, 0)
		<-done
	}
	return true
}

// run lets writers follow one another.
func (w *writers) run(follow int) {
	var wg sync.WaitGroup
	for i := range follow {
		opt := testOptions(w.t)
		opt.NATS, opt.Logger = w.url, nil
		w.gate.Lock()
		r := start(w.t, opt) // from here on the one before has lost the log, and goes on
		if lostSkip.Load() {
			r.ledger.skip = 0
		}
		w.gate.Unlock()
		w.write(r, &wg)
		w.await(40)
		if i == follow-1 {
			r.crash()
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

// A state never goes back and each message is told once, with receipts and read responses in any
// order, repeated, and with crashes in between.
func TestStatesMoveForward(t *testing.T) {
	opt := testOptions(t)
	opt.Logger = nil
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	rnd := seed.Rand(t)
	const messages = 12
	ids := make([]string, messages)
	for i := range ids {
		ids[i] = fmt.Sprint("id", i+1)
		r.submit(c, ids[i])
	}
	ranks, read := make([]int, messages), make(map[string]uint8)
	for step := range 300 {
		i := rnd.IntN(messages)
		switch rnd.IntN(20) {
		case 0:
			r.crash()
			r = start(t, opt)
		case 1:
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			r = start(t, opt)
		case 2, 3, 4, 5:
			rd := response(c, uint16(i+1))
			rd.Status = uint8(rnd.IntN(3))
			v := r.Reads().Submit(relaytest.Deadline(t), rd)
			if !v.IsAccepted() {
				t.Fatalf("read of %d: %+v", i+1, v)
			}
			if _, again := read[ids[i]]; !again && rd.Status != message.StatusNotRead {
				read[ids[i]] = rd.Status
			}
		default:
			r.Ledger().Receipt(c, []byte(ids[i]), message.State(1+rnd.IntN(3)))
		}
		if step%10 == 9 {
			checkRanks(t, r, ranks)
		}
	}
	checkRanks(t, r, ranks)
	told, events := r.tellings("bank"), make(map[string]string)
	for len(events) < len(read) {
		fb := relaytest.Receive(t, told)
		id := fb.MessageIDs[0]
		if e, again := events[id]; again && e != fb.Event {
			t.Errorf("%s was told as %s and as %s", id, e, fb.Event)
		}
		if fb.Status != read[id] {
			t.Errorf("%s was told with status %d, want the first one, %d", id, fb.Status, read[id])
		}
		events[id] = fb.Event
	}
}

// checkRanks holds the states against those of before.
func checkRanks(t *testing.T, r *running, ranks []int) {
	t.Helper()
	v, err := r.views.conversation("10690001", "447700900123")
	if err != nil || len(v.Messages) != len(ranks) {
		t.Fatalf("conversation: %d messages, %v", len(v.Messages), err)
	}
	for i, m := range v.Messages {
		for s := message.StateSent; s.IsKnown(); s++ {
			if s.String() != m.State {
				continue
			}
			if s.Rank() < ranks[i] {
				t.Errorf("message %d went back to %s", i+1, m.State)
			}
			ranks[i] = s.Rank()
		}
	}
}
