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
	head    *head  // nil: the record says that numbers are assigned without claims
	bound   uint64 // ordinals below are in the log
	ordinal uint64 // this one is settled, if settles
	part    uint8
	settles bool
	claims  bool // the record is the claim of the conversation
}

// mark adds a mark of the record that was added last. It is called with the lock of the shard of its head.
func (b *batch) mark(m mark) {
	m.head.refer()
	b.marks = append(b.marks, m)
}

// batch is a message for the log on its way.
type batch struct {
	buf     []byte
	body    int  // where the records begin in buf
	sealed  bool // buf ends with its checksum
	counts  [journal.Kinds]int
	records int
	padding int  // octets that it takes in the log beside its own
	changes bool // a record changes what an earlier one brought
	marks   []mark
	waits   []wait
	routes  []route
	owners  []owner
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
	clear(b.owners)
	clear(b.waiters)
	*b = batch{
		buf: b.buf[:0], marks: b.marks[:0], waits: b.waits[:0], routes: b.routes[:0],
		owners: b.owners[:0], waiters: b.waiters[:0],
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
	messages     uint64 // accepted messages in the log and here
	droppedWaits []wait // of dropped records
	records      int
	octets       int
	drops        int  // records dropped since they were last asked for
	served       bool // an appender tells the waiters
	closed       bool
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

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
	b := q.room(k)
	if b == nil {
		q.mu.Unlock()
	}
	return b
}

// room is begin with mu held.
func (q *queue) room(k journal.Kind) *batch {
	if q.closed || q.records >= maxQueuedRecords || q.octets >= maxQueuedOctets {
		if !k.Waits() {
			q.drops++
		}
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
	if k == journal.KindAccepted || k == journal.KindLate {
		q.messages++
	}
	q.filling.add(k)
	return q.filling
}

// end lets the queue go on. If no appender is there that would tell the waiters of b, end does.
func (q *queue) end(b *batch) {
	q.octets += len(b.buf)
	if q.served {
		q.mu.Unlock()
		q.signal()
		return
	}
	w := b.release()
	q.mu.Unlock()
	w.tell()
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

// nextHeader appends a batch header with the next serial. It is called with mu held.
func (q *queue) nextHeader(dst []byte) []byte {
	q.header.Serial++
	q.header.Messages = q.messages
	return journal.AppendHeader(dst, q.header)
}

// newBatch returns a batch that is not queued, with one record.
func (q *queue) newBatch(k journal.Kind, appendTo func(dst []byte) []byte) *batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := &batch{buf: q.nextHeader(nil)}
	b.body = len(b.buf)
	b.buf = appendTo(b.buf)
	b.add(k)
	return b
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

// tell makes the appender call a waiter that has no record in the queue. If no appender is there, tell
// calls the waiter itself.
func (q *queue) tell(w wait) {
	q.mu.Lock()
	served := q.served
	if served {
		q.droppedWaits = append(q.droppedWaits, w)
	}
	q.mu.Unlock()
	if !served {
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

// close lets nothing in any more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}
