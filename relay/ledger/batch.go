package ledger

import (
	"sync"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// Bounds of what waits for the log. A record beyond them is dropped and counted.
const (
	maxQueuedRecords = 1 << 16
	maxQueuedOctets  = 16 << 20
)

// maxFree bounds how many empty batches are kept for reuse.
const maxFree = 16

// Waiter is told when the record of a message is in the log.
type Waiter interface {
	// Logged is called once for each Accept, on the ledger's goroutine, and for each Route:
	// when the record is in the log, or when it will not be soon. It must return at once.
	Logged(token uint64)
}

type wait struct {
	w     Waiter
	token uint64
}

// mark says what changes in the memory of a conversation when a record is in the log.
type mark struct {
	head    *head
	bound   uint64 // ordinals below are in the log
	ordinal uint64 // this one is settled, if settles
	part    uint8
	settles bool
}

// batch is a message for the log on its way.
type batch struct {
	buf     []byte
	body    int // where the records begin in buf
	counts  [journal.Kinds]int
	records int
	changes bool // a record changes what an earlier one brought
	marks   []mark
	waits   []wait
	routes  []route
	splits  []splitPart
	waiters []resultWaiter
}

// resultWaiter waits for what a record comes to.
type resultWaiter struct {
	record uint64 // its place in the batch
	tell   func(o index.Outcome, m *message.Merged)
}

// await makes the appender call tell with the outcome of the record that was added last, or with
// index.Down if the record will not be in the log soon. tell must return at once.
func (b *batch) await(tell func(o index.Outcome, m *message.Merged)) {
	b.waiters = append(b.waiters, resultWaiter{uint64(b.records - 1), tell})
}

func (b *batch) add(k journal.Kind) {
	b.counts[k]++
	b.records++
	b.changes = b.changes || k.Changes()
}

func (b *batch) reset() {
	clear(b.marks)
	clear(b.waits)
	clear(b.routes)
	clear(b.splits)
	clear(b.waiters)
	*b = batch{
		buf: b.buf[:0], marks: b.marks[:0], waits: b.waits[:0], routes: b.routes[:0],
		splits: b.splits[:0], waiters: b.waiters[:0],
	}
}

// queue is what waits for the log, already encoded: what comes while an append is
// under way goes in the next one.
type queue struct {
	wake chan struct{} // something was queued

	// Guarded by mu.
	mu           sync.Mutex
	header       journal.Header
	filling      *batch
	full         []*batch
	free         []*batch
	droppedWaits []wait // of dropped records
	records      int
	octets       int
	drops        int // records dropped since they were last asked for
	closed       bool
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// open begins an epoch: what was queued before becomes part of it.
func (q *queue) open(h journal.Header) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.header = h
	for _, b := range q.queued() {
		head := q.nextHeader(nil)
		q.octets += len(head) - b.body
		b.buf, b.body = append(head, b.buf[b.body:]...), len(head)
	}
}

// queued returns the batches that wait, oldest first. It is called with mu held.
func (q *queue) queued() []*batch {
	if q.filling == nil {
		return q.full
	}
	return append(q.full[:len(q.full):len(q.full)], q.filling)
}

// begin returns the batch that the next record goes in, locked until end is called;
// nil when the queue is full or closed.
func (q *queue) begin(k journal.Kind) *batch {
	q.mu.Lock()
	if q.closed || q.records >= maxQueuedRecords || q.octets >= maxQueuedOctets {
		if !k.Waits() {
			q.drops++
		}
		q.mu.Unlock()
		return nil
	}
	if q.filling != nil && len(q.filling.buf) > journal.MaxBatch-journal.MaxRecord {
		q.full = append(q.full, q.filling)
		q.filling = nil
	}
	if q.filling == nil {
		q.filling = q.fresh()
	}
	q.octets -= len(q.filling.buf)
	q.records++
	q.filling.add(k)
	return q.filling
}

// end lets the queue go on.
func (q *queue) end(b *batch) {
	q.octets += len(b.buf)
	q.mu.Unlock()
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// fresh returns an empty batch with its header. It is called with mu held.
func (q *queue) fresh() *batch {
	b := &batch{}
	if n := len(q.free); n > 0 {
		b, q.free = q.free[n-1], q.free[:n-1]
	}
	b.buf = q.nextHeader(b.buf[:0])
	b.body = len(b.buf)
	q.octets += len(b.buf)
	return b
}

// nextHeader appends a batch header with a serial that no other batch has. It is called with mu held.
func (q *queue) nextHeader(dst []byte) []byte {
	q.header.Serial++
	return journal.AppendHeader(dst, q.header)
}

// newBatch returns the header of a batch that is not queued.
func (q *queue) newBatch() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.nextHeader(nil)
}

// take returns the oldest batch; nil when nothing is queued.
func (q *queue) take() *batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.filling
	if len(q.full) > 0 {
		b = q.full[0]
		q.full = append(q.full[:0], q.full[1:]...)
	} else {
		q.filling = nil
	}
	if b != nil {
		q.records -= b.records
		q.octets -= len(b.buf)
	}
	return b
}

// recycle keeps a batch for later.
func (q *queue) recycle(b *batch) {
	b.reset()
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.free) < maxFree {
		q.free = append(q.free, b)
	}
}

// tell makes the appender call a waiter that has no record in the queue. When the queue is closed
// the appender has ended, and tell calls the waiter itself.
func (q *queue) tell(w wait) {
	q.mu.Lock()
	closed := q.closed
	if !closed {
		q.droppedWaits = append(q.droppedWaits, w)
	}
	q.mu.Unlock()
	if closed {
		w.w.Logged(w.token)
		return
	}
	q.signal()
}

// dropped returns how many records were dropped since it was last called, and the
// waiters of those.
func (q *queue) dropped() (int, []wait) {
	q.mu.Lock()
	defer q.mu.Unlock()
	drops, late := q.drops, q.droppedWaits
	q.drops, q.droppedWaits = 0, nil
	return drops, late
}

// waiting returns all waiters, and forgets them: they will be told that their
// records are not in the log.
func (q *queue) waiting() waiters {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all waiters
	for _, b := range q.queued() {
		w := b.release()
		all.waits, all.results = append(all.waits, w.waits...), append(all.results, w.results...)
	}
	return all
}

// waiters are those who wait for records that will not be in the log soon.
type waiters struct {
	waits   []wait
	results []resultWaiter
}

// release returns the waiters of a batch, and forgets them.
func (b *batch) release() (w waiters) {
	w.waits = append(w.waits, b.waits...)
	clear(b.waits)
	b.waits = b.waits[:0]
	w.results = append(w.results, b.waiters...)
	clear(b.waiters)
	b.waiters = b.waiters[:0]
	return w
}

// tell calls all of them.
func (w waiters) tell() {
	for _, w := range w.waits {
		w.w.Logged(w.token)
	}
	for _, w := range w.results {
		w.tell(index.Down, nil)
	}
}

// close lets nothing in any more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}
