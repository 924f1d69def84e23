package handset

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Store keeps the responses of a queue while the app is not running. A queue calls it from
// one goroutine at a time.
type Store interface {
	// Load returns what was added and not removed, in the order of the additions.
	Load() ([]Response, error)
	// Add keeps r. After it has returned nil, no restart loses r.
	Add(r Response) error
	// Remove forgets the responses with these IDs. After a crash they may be there again.
	// That is harmless: the server knows the IDs.
	Remove(ids []string) error
}

// Options of a queue. Zero values stand for the defaults.
type Options struct {
	// Send sends responses. HTTP.Send is one such function.
	Send Sender
	// Store keeps responses across restarts; nil forgets them.
	Store Store
	// Max is how many responses may wait; Put refuses more. Default: 10000.
	Max int
	// Keep is how long a response waits before the queue gives it up with verdict 410, which
	// the server would also answer. Default: 168h.
	Keep time.Duration
	// FirstWait and MaxWait bound the wait between tries, which doubles. Default: 1s, 5m.
	FirstWait, MaxWait time.Duration
	// Final is called with each response that leaves the queue and the verdict on it, on the
	// goroutine of Run; nil ignores them.
	Final func(r Response, v Verdict)
	// Log gets the failures after which responses are sent again; nil discards them.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Max == 0 {
		o.Max = 10_000
	}
	if o.Keep == 0 {
		o.Keep = 168 * time.Hour
	}
	if o.FirstWait == 0 {
		o.FirstWait = time.Second
	}
	if o.MaxWait == 0 {
		o.MaxWait = 5 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Queue keeps read responses until the server has accepted them, and sends them in their
// order. Its methods may be called from any goroutine.
type Queue struct {
	opt  Options       // static
	more chan struct{} // has a token after Put has added to an empty queue
	now  chan struct{} // has a token after Wake was called

	mu    sync.Mutex
	items []item // guarded by mu: the oldest first
}

// item is a waiting response.
type item struct {
	Response
	since time.Time
	size  int // length of its JSON
}

// OpenQueue returns a queue with the responses that the store has kept. Run sends them.
func OpenQueue(opt Options) (*Queue, error) {
	q := &Queue{opt: opt.withDefaults(), more: make(chan struct{}, 1), now: make(chan struct{}, 1)}
	if opt.Send == nil {
		return nil, errors.New("open queue: Options.Send is missing")
	}
	if opt.Store == nil {
		return q, nil
	}
	kept, err := opt.Store.Load()
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	for _, r := range kept {
		q.items = append(q.items, newItem(r))
	}
	return q, nil
}

func newItem(r Response) item {
	b, _ := json.Marshal(r) // all its fields can be written
	return item{r, r.ReadAt, len(b)}
}

// ErrFull means that Options.Max responses wait already.
var ErrFull = errors.New("the queue of read responses is full")

// Put adds a response. After it has returned nil, the response is kept. A response without
// ReadAt gets the current time, and one without ID gets an ID. A response whose ID waits
// already is not added again.
func (q *Queue) Put(r Response) error {
	if err := r.check(); err != nil {
		return err
	}
	if r.ReadAt.IsZero() {
		r.ReadAt = time.Now()
	}
	r.ReadAt = r.ReadAt.UTC().Truncate(time.Millisecond)
	if r.ID == "" {
		r.ID = rand.Text()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.items {
		if q.items[i].ID == r.ID {
			return nil
		}
	}
	if len(q.items) >= q.opt.Max {
		return ErrFull
	}
	if q.opt.Store != nil {
		if err := q.opt.Store.Add(r); err != nil {
			return fmt.Errorf("keep read response: %w", err)
		}
	}
	q.items = append(q.items, newItem(r))
	signal(q.more)
	return nil
}

// Len returns how many responses wait.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

// Wake ends a wait between tries, unless the server asked for the wait. It is for an app that
// learns that there is a network again.
func (q *Queue) Wake() { signal(q.now) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Limits of one request to the server.
const (
	maxBatch  = 1000
	maxOctets = 64 << 10
)

// head returns the oldest responses that fit in one batch of at most limit.
func (q *Queue) head(limit int) []Response {
	q.mu.Lock()
	defer q.mu.Unlock()
	var batch []Response
	octets := len("[]")
	for i := range q.items {
		octets += q.items[i].size + len(",")
		if len(batch) == limit || octets > maxOctets {
			break
		}
		batch = append(batch, q.items[i].Response)
	}
	return batch
}

// outcome is the final verdict on one response.
type outcome struct {
	r Response
	v Verdict
}

// remove removes these responses from the queue, at any position.
func (q *Queue) remove(done []outcome) {
	if len(done) == 0 {
		return
	}
	ids := make([]string, len(done))
	gone := make(map[string]bool, len(done))
	for i, d := range done {
		ids[i] = d.r.ID
		gone[d.r.ID] = true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	left := q.items[:0]
	for _, it := range q.items {
		if !gone[it.ID] {
			left = append(left, it)
		}
	}
	clear(q.items[len(left):])
	q.items = left
	if q.opt.Store == nil {
		return
	}
	if err := q.opt.Store.Remove(ids); err != nil {
		q.opt.Log.Warn("read responses are done with, but kept", "count", len(ids), "err", err)
	}
}
