package ledger

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	"readback/internal/crash"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// Split is what the SMSC said of the parts of a message that the gateway split.
type Split struct {
	IDs    [][]byte // message_ids of the parts, in order
	Keys   [][]byte // the same in the one form by which PartOf finds them
	Wanted byte     // registered_delivery of the ESME's message
}

// splits knows the message of each part that is not in the index yet.
type splits struct {
	*writer
	index *index.Index
	keep  time.Duration // how long a message can be read

	any atomic.Bool // there may be parts, here or in the index

	// Guarded by mu.
	mu      sync.Mutex
	serial  uint64
	pending map[string]splitPart // by key of the part
}

// splitPart is a part on its way to the index.
type splitPart struct {
	key      string
	serial   uint64
	part     journal.SplitPart
	receiver message.Addr
}

func newSplits(rec *writer, ix *index.Index, keep time.Duration) *splits {
	c := &splits{writer: rec, index: ix, keep: keep, pending: make(map[string]splitPart)}
	c.any.Store(true) // as long as the log has not been read
	return c
}

func (c *splits) add(r splitPart) splitPart {
	c.any.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serial++
	r.serial = c.serial
	c.pending[r.key] = r
	return r
}

// settle forgets parts: the index knows them, or never will.
func (c *splits) settle(all ...splitPart) {
	if len(all) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range all {
		if c.pending[r.key].serial == r.serial {
			delete(c.pending, r.key)
		}
	}
}

func (c *splits) find(key []byte, receiver *message.Addr) (journal.SplitPart, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.pending[string(key)]
	return r.part, ok && r.receiver == *receiver
}

// AcceptSplit is Accept for a message that was assigned with Split. Once w is told, PartOf
// knows its parts, unless the SMSC gave two of them the same message_id, or one none.
func (l *Partition) AcceptSplit(s *Sent, c Split, w Waiter, token uint64) {
	defer crash.OnPanic()
	h := s.head
	if h == nil {
		l.queue.tell(wait{w, token})
		return
	}
	s.head = nil
	h.shard.mu.Lock()
	defer h.shard.mu.Unlock()
	day, named := max(message.DayOf(time.Now().UnixMilli()), s.day), c.namesParts()
	if h.dropped {
		l.acceptDroppedSplit(s, day, named, &c, wait{w, token})
		return
	}
	h.cover = max(h.cover, s.ordinal+1)
	for i := range c.IDs {
		if !l.acceptPart(s, h, &c, i) || named && !l.recordPart(s, day, &c, i) {
			h.settle(s.ordinal, 0)
			l.queue.tell(wait{w, token})
			return
		}
	}
	// The batch of the last record, or one behind it.
	b := l.queue.begin(journal.KindHead)
	if b == nil {
		h.settle(s.ordinal, 0)
		l.queue.tell(wait{w, token})
		return
	}
	b.buf = journal.AppendHead(b.buf, &h.conv, h.cover)
	b.marks = append(b.marks, mark{head: h, bound: h.cover, ordinal: s.ordinal, settles: true})
	b.waits = append(b.waits, wait{w, token})
	l.queue.end(b)
}

// namesParts reports whether each part has a key of its own. If not, their receipts cannot be merged,
// and pass as they come.
func (c *Split) namesParts() bool {
	seen := make(map[string]bool, len(c.Keys))
	for _, k := range c.Keys {
		key := string(bounded(k))
		if key == "" || seen[key] {
			return false
		}
		seen[key] = true
	}
	return true
}

// acceptPart queues the record of one part; false if there is no room for it.
func (l *Partition) acceptPart(s *Sent, h *head, c *Split, i int) bool {
	b := l.queue.begin(journal.KindAccepted)
	if b == nil {
		return false
	}
	part := s.splitPart(i)
	b.appendSent(&part, h.cover, c.IDs[i])
	l.queue.end(b)
	return true
}

// splitPart returns one of the parts of a message that the gateway split.
func (s *Sent) splitPart(i int) Sent {
	part := *s
	part.Part.Total, part.Part.Seq = s.Split, uint8(i+1)
	return part
}

// recordPart queues what a receipt of the part needs.
func (l *Partition) recordPart(s *Sent, day uint16, c *Split, i int) bool {
	b := l.queue.begin(journal.KindSplit)
	if b == nil {
		return false
	}
	seq, first, key := uint8(i+1), bounded(c.Keys[0]), bounded(c.Keys[i])
	b.buf = journal.AppendSplit(b.buf, &journal.Record{
		Place: journal.Place{Conv: s.Conversation, Day: day}, Part: message.Part{Total: s.Split}, PartSeq: seq,
		Split: journal.SplitRecord{First: first, Key: key, Wanted: c.Wanted},
	})
	b.splits = append(b.splits, l.splits.add(splitPart{
		key: string(key), part: journal.SplitPart{Seq: seq, First: string(first), Day: day}, receiver: s.Conversation.Receiver,
	}))
	l.queue.end(b)
	return true
}

func bounded(id []byte) []byte { return id[:min(len(id), journal.MaxMessageID)] }

// PartOf finds the part that has this key, in a message to receiver; false if there is
// none.
func (c *splits) PartOf(key []byte, receiver message.Addr) (journal.SplitPart, bool) {
	defer crash.OnPanic()
	if !c.any.Load() || len(key) == 0 || len(key) > journal.MaxMessageID {
		return journal.SplitPart{}, false
	}
	if part, ok := c.find(key, &receiver); ok {
		return part, true
	}
	today := message.DayOf(time.Now().UnixMilli())
	part, ok, err := c.index.Part(key, &receiver, today, uint16(c.keep/(24*time.Hour))+2)
	return part, ok && err == nil
}

// PartIDs returns the message_ids of all parts of a message from conv.Sender to conv.Receiver, in
// order, by that of the first one and its key; nil if there is no such message in parts that
// the gateway made.
func (c *splits) PartIDs(conv message.Conversation, id, key []byte) (ids [][]byte) {
	defer crash.OnPanic()
	if p, ok := c.PartOf(key, conv.Receiver); !ok || p.Seq != 1 {
		return nil
	}
	c.CatchUp()
	err := c.index.EachEntry(&conv, func(f index.Found) bool {
		parts := f.Entry.Parts
		if len(parts) < 2 || !bytes.EqualFold(parts[0].ID, id) {
			return true
		}
		for _, part := range parts {
			ids = append(ids, part.ID)
		}
		return false
	})
	if err != nil {
		return nil
	}
	return ids
}

// Merge records the final receipt of a part. It calls done once, on the ledger's goroutine or before
// Merge returns; done must return at once. done gets the receipt of the whole message if this was
// the last part without one, and nil otherwise. A receipt that comes again has the same result. The
// error is ErrDown if the receipt is not recorded.
func (c *splits) Merge(p journal.SplitPart, r message.PartReceipt, done func(*message.Merged, error)) {
	defer crash.OnPanic()
	if !c.status.up.Load() {
		done(nil, ErrDown)
		return
	}
	b := c.queue.begin(journal.KindMerge)
	if b == nil {
		done(nil, ErrDown)
		return
	}
	b.buf = journal.AppendMerge(b.buf, p, r)
	b.await(func(o index.Outcome, m *message.Merged) {
		if o == index.Down {
			done(nil, ErrDown)
			return
		}
		done(m, nil)
	})
	c.queue.end(b)
}
