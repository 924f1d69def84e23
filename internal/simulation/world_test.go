package simulation

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"readback/internal/promise"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// world is what outlives the lives of the process: the log, the streams, the disk, and what everybody
// has seen.
type world struct {
	seed  uint64
	plan  plan
	rnd   *rand.Rand // of the goroutine that decides what happens
	log   *logServer
	queue *queueServer
	disk  image
	kept  []copied // earlier states of log and disk

	elapsed   time.Duration // true time until this life
	wall      time.Time     // where the clock stands at the beginning of the next life
	skew      time.Duration // of the clock, as the gateway stamps messages
	begun     time.Time     // of this life, by the clock of the bubble
	flushed   uint64        // the index has the log until here in its files
	damaged   bool          // and the ledger was not up since
	flipped   uint64        // sequence of the batch that was flipped last
	forgetful bool          // the log has lost something that the index knows

	conversations []message.Conversation
	ids           int           // messages so far
	second        *process      // that works on the same log; nil: none
	processes     uint64        // so far
	movedBy       time.Duration // the clock, before this life
	last          atomic.Bool   // this is the last life

	// Guarded by mu.
	mu       sync.Mutex
	check    *promise.Checker
	messages []sentMessage
	reads    int
	tells    map[int]uint64 // how often feedback on a message was told
}

// sentMessage is a message with a number, as its receiver saw it.
type sentMessage struct {
	conv   int
	number uint16
}

// plan is what a seed decides for all lives.
type plan struct {
	last          uint16 // number of a cycle
	conversations int
	memory        int  // conversations in memory
	embedded      bool // the streams are in the process
	lives, steps  int
	calm          bool // nothing fails: the control
}

func newWorld(t *testing.T, seed uint64) *world {
	rnd := rand.New(rand.NewPCG(seed, 11))
	p := plan{
		last: []uint16{40, 64, 100, 257}[rnd.IntN(4)], conversations: 1 + rnd.IntN(4), memory: 64 * (1 + rnd.IntN(4)),
		embedded: rnd.IntN(2) == 0, lives: 10 + rnd.IntN(15), steps: 20 + rnd.IntN(100), calm: rnd.IntN(12) == 0,
	}
	opt := promise.DefaultOptions()
	opt.Last = p.last
	w := &world{
		seed: seed, plan: p, rnd: rnd, disk: make(image), check: promise.New(opt),
		wall: time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(rnd.Int64N(int64(24 * time.Hour)))),
	}
	w.tells = make(map[int]uint64)
	w.log = newLogServer(w)
	w.queue = newQueueServer()
	for i := range p.conversations {
		// One receiver: the ledger divides its memory by receivers, with a seed of its own.
		w.conversations = append(w.conversations, relaytest.Conversation(t, fmt.Sprintf("1069000%d", i), "447700900123"))
	}
	return w
}

// now is the true time. It must be called in the bubble of a life.
func (w *world) now() time.Duration { return w.elapsed + time.Since(w.begun) }

// add adds an event that the gateway does not decide.
func (w *world) add(e promise.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.addLocked(e)
}

func (w *world) addLocked(e promise.Event) {
	e.At = w.now()
	if e.Wall.IsZero() {
		e.Wall = time.Now()
	}
	w.check.Add(e)
}

func (w *world) failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.check.Violations()) > 0
}

// chance is true once in n times.
func (w *world) chance(n int) bool { return w.rnd.IntN(n) == 0 }

// between draws a time.
func (w *world) between(least, most time.Duration) time.Duration {
	return least + time.Duration(w.rnd.Int64N(int64(most-least)+1))
}

// draw is a source that follows from the seed and what it is for, in whatever order goroutines ask.
func (w *world) draw(what ...uint64) *rand.Rand {
	h := w.seed
	for _, x := range what {
		h = (h ^ x) * 0x9E3779B97F4A7C15
		h ^= h >> 29
	}
	return rand.New(rand.NewPCG(w.seed, h))
}
