package ledger

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"readback/internal/seed"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// world is what a test knows to have happened, across crashes.
type world struct {
	t       *testing.T
	rnd     *rand.Rand  // of the test's goroutine
	crashed atomic.Bool // what the ledger says from now on does not count
	told    sync.WaitGroup

	mu      sync.Mutex
	given   map[message.Conversation][]given          // in order, of one goroutine each
	entries map[message.Conversation]map[uint16]given // by number: the last that was logged
	read    map[string]bool                           // message ids whose read got a 202
	routed  map[string]string                         // accounts by message id: those that were logged
	faults  []string
	ids     int
}

type given struct {
	ordinal uint64
	number  uint16
	id      string
}

func newWorld(t *testing.T) *world {
	return &world{
		t: t, rnd: seed.Rand(t), given: make(map[message.Conversation][]given), read: make(map[string]bool),
		routed:  make(map[string]string),
		entries: make(map[message.Conversation]map[uint16]given),
	}
}

func (w *world) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// assigned notes a number: it has to be a later one than all before it.
func (w *world) assigned(s *Sent, numbers uint64, first uint16) given {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	g := given{ordinal: s.ordinal, number: s.Number, id: fmt.Sprintf("m%d", w.ids)}
	if want := first + uint16(g.ordinal%numbers); g.number != want {
		w.fault("number of ordinal %d: got %d, want %d", g.ordinal, g.number, want)
	}
	for _, earlier := range w.given[s.Conversation] {
		if g.ordinal == earlier.ordinal {
			w.fault("ordinal %d of %v was given twice", g.ordinal, s.Conversation.Receiver)
		}
	}
	w.given[s.Conversation] = append(w.given[s.Conversation], g)
	return g
}

// logged notes that the ledger said so.
func (w *world) logged(c message.Conversation, g given) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.crashed.Load() {
		return
	}
	if w.entries[c] == nil {
		w.entries[c] = make(map[uint16]given)
	}
	if g.ordinal >= w.entries[c][g.number].ordinal {
		w.entries[c][g.number] = g
	}
}

// send lets one goroutine send and read messages of its conversation until the relay
// crashes or n are sent.
func (w *world) send(p *partition, c message.Conversation, n int, rnd *rand.Rand) {
	last, begun := uint64(0), false
	for range n {
		s := toSend(c)
		if p.Assign(s) != nil {
			return
		}
		g := w.assigned(s, p.numbers, p.first)
		if begun && g.ordinal <= last {
			w.mu.Lock()
			w.fault("ordinal %d was given after %d", g.ordinal, last)
			w.mu.Unlock()
		}
		last, begun = g.ordinal, true
		switch rnd.IntN(8) {
		case 0:
			p.Refuse(s)
		case 1: // its SMSC never answers
		default:
			done := make(relaytest.Logged, 1)
			p.Accept(s, []byte(g.id), done, 0)
			if rnd.IntN(4) == 0 {
				w.told.Go(func() { <-done; w.logged(c, g) })
				continue
			}
			<-done
			w.logged(c, g)
			w.route(p, g, fmt.Sprintf("account%d", rnd.IntN(3)))
			if rnd.IntN(2) == 0 {
				w.readOne(p, s, g)
			}
		}
	}
}

// readOne says that a message was read, and notes it when that is logged.
func (w *world) readOne(p *partition, s *Sent, g given) {
	v := p.read(s)
	w.mu.Lock()
	defer w.mu.Unlock()
	if v.IsAccepted() && !w.crashed.Load() {
		w.read[g.id] = true
	}
}

// route says whose message it is, and notes it when that is logged.
func (w *world) route(p *partition, g given, account string) {
	done := make(relaytest.Logged, 1)
	p.Route(account, journal.Place{}, []byte(g.id), done, 0)
	if got, ok := p.Routed(message.Conversation{}, []byte(g.id)); got != account && !w.crashed.Load() {
		w.t.Errorf("route of %s: got %q, %v, want %q at once", g.id, got, ok, account)
	}
	<-done
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.crashed.Load() {
		w.routed[g.id] = account
	}
}

// check compares the index with what the ledger said.
func (w *world) check(p *partition) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, account := range w.routed {
		if got, ok := p.Routed(message.Conversation{}, []byte(id)); got != account {
			w.fault("route of %s: got %q, %v, want %q", id, got, ok, account)
		}
	}
	for c, entries := range w.entries {
		for number, g := range entries {
			f, err := p.index.FindNumber(&c, number, relaytest.Any)
			switch {
			case err != nil || f == nil:
				w.fault("entry %d of %v is lost: %v", number, c.Receiver, err)
			case f.Entry.Ordinal < g.ordinal:
				w.fault("entry %d of %v went back to ordinal %d from %d", number, c.Receiver, f.Entry.Ordinal, g.ordinal)
			case f.Entry.Ordinal == g.ordinal && w.read[g.id] && f.Entry.State != message.StateRead:
				w.fault("message %s was read, and is %s", g.id, f.Entry.State)
			}
		}
	}
}

// life has four goroutines at two conversations each use a ledger, and ends it in one way or
// another.
func (w *world) life(p *partition, all []message.Conversation, end func(*partition)) {
	p.skip = w.skip()
	w.check(p)
	w.crashed.Store(false)
	var wg sync.WaitGroup
	for i := range 4 {
		one, shared := seed.Split(w.rnd), seed.Split(w.rnd)
		wg.Go(func() { w.send(p, all[i], 20, one) })
		wg.Go(func() { w.send(p, all[4+i%2], 10, shared) }) // two goroutines at one conversation
	}
	if w.rnd.IntN(2) == 0 {
		wg.Wait()
	}
	w.crashed.Store(true)
	end(p)
	wg.Wait()
	w.told.Wait() // or it would count in the next life
}

var lostSkip atomic.Bool // the control: a new epoch skips nothing

func (w *world) skip() uint64 {
	if lostSkip.Load() {
		return 0
	}
	return window
}

// live runs a ledger again and again on the same log. What it returns is its last life.
func (w *world) live(lives int) *partition {
	opt := ledgerOptionsOfTest()
	opt.Last = 400
	opt.Conversations = shards // as few as can be: heads come and go
	p := runLedgerOn(w.t, new(journal.Memory), w.t.TempDir(), opt)
	var all []message.Conversation
	for i := range 6 {
		all = append(all, relaytest.Conversation(w.t, "10690001", fmt.Sprintf("155501%02d", i)))
	}
	ends := []func(*partition){
		func(p *partition) { p.kill() },
		func(p *partition) { p.kill() },
		func(p *partition) { _ = p.stop() },
		func(p *partition) { p.kill(); p.loseIndex() },
		func(p *partition) { _ = p.stop(); p.loseIndex() },
	}
	for i := range lives {
		w.life(p, all, ends[i%len(ends)])
		p = p.again()
	}
	return p
}

func TestLedgerSurvivesCrashes(t *testing.T) {
	w := newWorld(t)
	p := w.live(20)
	w.check(p)
	told := make(map[string]int) // how often by message id
	for _, fb := range p.outbox() {
		told[fb.MessageIDs[0]]++
	}
	for id := range w.read {
		if told[id] != 1 {
			t.Errorf("message %s: got %d feedbacks, want one", id, told[id])
		}
	}
	for _, f := range w.faults {
		t.Error(f)
	}
	t.Logf("%d numbers, %d reads", w.ids, len(w.read))
}

// Without the skip of W numbers in a new epoch, numbers are assigned again. This shows that the
// test above can fail.
func TestSkipIsNeeded(t *testing.T) {
	lostSkip.Store(true)
	defer lostSkip.Store(false)
	for range 10 {
		w := newWorld(t)
		if w.live(5); len(w.faults) > 0 {
			return
		}
	}
	t.Error("no number was given twice: the test cannot find what it is for")
}
