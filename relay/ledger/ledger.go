// Package ledger assigns the numbers of one partition of the conversations, and keeps the state of
// their messages. Today there is one partition, with all of them.
//
// A message is handed to [Partition.Assign] before it goes to the SMSC, and to Accept or Refuse with
// the answer. What the ledger learns it appends to a log of package journal, in batches, and brings
// into the index; it tells a [Waiter] when a record is in the log. A number is given from memory,
// before the log knows: see head, epoch and [Partition.Begin] for why none is given twice.
package ledger

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/crash"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp/receipt"
)

// Bounds of the options.
const (
	MinNumbers       = 2 * window // of a cycle
	MinConversations = shards     // in memory
)

// ConversationSize is what a conversation takes in memory, in octets: its slot, and its place in the map. One that
// has had messages in parts takes three times as much, and counts as three.
const ConversationSize = 96

// assignWait is how long Assign waits for the log, and how old a number may be when
// it reaches the caller.
const assignWait = time.Second

// Partition says which number of which conversation stands for which message, and how
// far that message got. It gives the numbers from memory; the log follows in batches.
// No number is given twice within a cycle, whatever crashes: see head, claim.go and load.go.
// Its methods may be called from any goroutine.
type Partition struct {
	*writer
	*routes   // accounts by message_id
	*receipts // delivery receipts that pass by
	*owners   // messages by message_id
	cycle

	concatenations *concatenations
	table          *table
	index          *index.Index
	metrics        *metrics
	keep           time.Duration
	logger         *slog.Logger
	opt            Options
	appender       *appender // since Begin
	skip           uint64    // window; 0 in the test that shows what it is for

	begun     atomic.Pointer[epoch] // the last one that Begin has begun
	claims    atomic.Int64          // in this epoch
	unclaimed atomic.Bool           // numbers are assigned without claims
	latest    atomic.Int64          // time in the log, ms
	padding   atomic.Int64          // octets that are still to be added to the log: see pad.go
}

// Options say how a partition works, and whom it tells.
type Options struct {
	First, Last   uint16        // the numbers of a cycle
	Conversations int           // held in memory
	Keep          time.Duration // how long a message can be read
	IDs           receipt.IDs   // how the SMSC writes message_ids
	// Taken is called with the message of a receipt that a session has taken; nil: nobody is told.
	Taken func(p *journal.Place, by message.Session)

	Followed  func() error              // is called when the index has followed the log, before the epoch begins; nil: nothing is
	Events    func(account []byte) bool // reports whether the account gets events; nil: none does
	Sampled   func(*journal.Place) bool // reports whether the steps of a message are in the results; nil: those of none are
	Applied   func(*index.Result)       // is called with what each batch came to; nil: nobody is told
	Connected <-chan struct{}           // says that the connection to the log is there again

	// Yield is called before an append, to let others run who have records for it; nil: nobody is waited for.
	// It must not wait for them.
	Yield func()

	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// New returns a partition whose state is in ix. It gives no number before Begin has succeeded and
// the owner of st has set it to nil.
func New(opt Options, ix *index.Index, st *Status) *Partition {
	rec, heads, metrics := &writer{queue: newQueue(), status: st}, newTable(opt.Conversations), newMetrics(opt.Registerer)
	l := &Partition{
		writer: rec, cycle: cycleOf(opt.First, opt.Last), concatenations: newConcatenations(),
		table: heads, index: ix, metrics: metrics, keep: opt.Keep, logger: opt.Logger, opt: opt, skip: window,
	}
	l.owners = newOwners(rec, ix, opt.Keep, opt.IDs)
	l.routes = newRoutes(l.owners)
	l.receipts = newReceipts(l.owners, heads, opt.Taken, metrics)
	l.begun.Store(new(epoch))
	return l
}

// Assign gives s its number: the next one of its conversation, or that of the other parts of the
// same message. It waits, up to a second, when W numbers of the conversation are not yet in the log,
// or when the oldest message without an answer is a quarter of a cycle back. If it succeeds, the
// caller must call Accept or Refuse once. The errors are ErrDown, ErrBusy, and one that wraps
// message.ErrAddress if s cannot be recorded.
func (l *Partition) Assign(s *Sent) error {
	defer crash.OnPanic()
	if err := l.check(s); err != nil {
		return fmt.Errorf("assign: %w", err)
	}
	sh, key := l.table.at(&s.Conversation)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return l.assign(sh, key, s)
}

// assign is Assign with the lock of the shard held.
func (l *Partition) assign(sh *shard, key uint32, s *Sent) error {
	if !l.status.up.Load() {
		return ErrDown
	}
	h, err := l.head(sh, key, s)
	if err != nil {
		return err
	}
	if !l.mayGo(h) || !h.mayGive(l.cycle) {
		if err := l.waitForLog(h, s); err != nil {
			sh.rest(h)
			return err
		}
	}
	l.give(h, s)
	return nil
}

// check returns an error if s cannot be recorded.
func (l *Partition) check(s *Sent) error {
	if len(s.Account) > journal.MaxAccount || s.Conversation.Sender.IsZero() || s.Conversation.Receiver.IsZero() {
		return message.ErrAddress
	}
	return nil
}

// give gives s its number. The lock of the shard is held.
func (l *Partition) give(h *head, s *Sent) {
	s.refer(h)
	var p *openPart
	if s.isPart() {
		p = h.join(s)
	}
	if p != nil && p.numbered {
		s.ordinal, s.day = p.ordinal, p.day
	} else {
		s.ordinal, s.day = h.give(), l.dayOf(s)
		if p == nil && s.isPart() {
			p = h.openParts(s)
		}
		if p != nil {
			l.numberParts(h, p, s)
		}
	}
	s.Number = l.number(s.ordinal)
	h.sent(out{ordinal: s.ordinal, day: s.day, part: s.seq()})
	if s.Split > 1 {
		s.Part.Ref = h.takeRef(s.ordinal, s.Part.Wide, func(ref uint16) bool { return l.concatenations.has(&h.conv, ref, s.At) })
	}
	if h.next-h.cover >= window/2 {
		l.queue.cover(h)
	}
}

// head returns the head of a conversation. It makes one from the index if there is none in memory.
func (l *Partition) head(sh *shard, key uint32, s *Sent) (*head, error) {
	if at := sh.slots.get(key, &s.Conversation); at != nil {
		at.used = true
		return sh.wake(at), nil
	}
	n, err := l.load(&s.Conversation)
	if err != nil {
		return nil, err
	}
	h := sh.add(key, &s.Conversation, n, l.table.capacity, s.At)
	if n.change != nil {
		l.recordChange(h, n.change)
	}
	return h, nil
}

// Accept queues the record that the SMSC accepted s and gave it messageID, which is copied. It never
// waits. w is called once, when the record is in the log or when it will not be there soon.
func (l *Partition) Accept(s *Sent, messageID []byte, w Waiter, token uint64) {
	defer crash.OnPanic()
	h := s.head
	if h == nil {
		l.queue.tell(wait{w, token})
		return
	}
	s.head = nil
	h.shard.mu.Lock()
	defer h.shard.mu.Unlock()
	defer h.letGo()
	if h.dropped {
		l.acceptDropped(s, messageID, w, token)
		return
	}
	known := !s.follows || l.numberLate(h, s, messageID)
	if s.isPart() {
		h.partAnswered(s, true)
	}
	if !known {
		l.Take(s.Account, &s.Conversation, messageID, false)
		l.queue.tell(wait{w, token})
		return
	}
	b := l.queue.begin(journal.KindAccepted)
	if b == nil {
		h.settle(s.ordinal, s.seq())
		l.queue.tell(wait{w, token})
		return
	}
	h.cover = max(h.cover, s.ordinal+1)
	b.appendSent(s, h.cover, messageID)
	b.mark(mark{head: h, bound: h.cover, ordinal: s.ordinal, part: s.seq(), settles: !s.follows})
	b.waits = append(b.waits, wait{w, token})
	l.owners.noteAccepted(b, s, messageID)
	l.queue.end(b)
}

// Outstanding returns the senders that have sent a message with this number to the receiver which is
// not in the index yet. If sender is not zero, only that one is looked for. The channel is closed
// when that has changed; it is nil if there are none.
func (l *Partition) Outstanding(receiver, sender *message.Addr, number uint16) (senders []message.Addr, changed <-chan struct{}) {
	defer crash.OnPanic()
	return l.table.outstanding(receiver, sender, number, l.cycle)
}

// CountHeads sets the metric of the conversations in memory.
func (l *Partition) CountHeads() { l.metrics.heads.Set(float64(l.table.count())) }

// Forget evicts the conversations of a receiver from memory, except those that the index does not
// know completely.
func (l *Partition) Forget(receiver message.Addr, now time.Time) {
	l.table.forget(receiver, now)
	l.concatenations.forget(receiver)
}

// Refuse gives up s, because the SMSC refused it, did not answer, or is gone. Its number is skipped.
// Refuse never waits.
func (l *Partition) Refuse(s *Sent) {
	defer crash.OnPanic()
	h := s.head
	if h == nil {
		return
	}
	s.head = nil
	h.shard.mu.Lock()
	defer h.shard.mu.Unlock()
	defer h.letGo()
	if h.dropped {
		return
	}
	if s.isPart() {
		h.partAnswered(s, false)
	}
	if s.follows {
		return
	}
	if s.ordinal >= h.cover {
		l.queue.cover(h)
	}
	h.settle(s.ordinal, s.seq())
}
