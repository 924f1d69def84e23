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

// Cut is what the SMSC said of the parts of a message that the gateway cut.
type Cut struct {
	IDs    [][]byte // message_ids of the parts, in order
	Keys   [][]byte // the same in the one form by which PartOf finds them
	Wanted byte     // registered_delivery of the ESME's message
}

// cuts says of which message a part is, as long as the index does not.
type cuts struct {
	*writer
	index *index.Index
	keep  time.Duration // how long a message can be read

	any atomic.Bool // there may be parts, here or in the index

	// Guarded by mu.
	mu      sync.Mutex
	serial  uint64
	pending map[string]cutRow // by key of the part
}

// cutRow is a part on its way to the index.
type cutRow struct {
	key      string
	serial   uint64
	part     journal.CutPart
	receiver message.Addr
}

func newCuts(rec *writer, ix *index.Index, keep time.Duration) *cuts {
	c := &cuts{writer: rec, index: ix, keep: keep, pending: make(map[string]cutRow)}
	c.any.Store(true) // as long as the log has not been read
	return c
}

func (c *cuts) add(r cutRow) cutRow {
	c.any.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serial++
	r.serial = c.serial
	c.pending[r.key] = r
	return r
}

// settle forgets parts: the index knows them, or never will.
func (c *cuts) settle(all ...cutRow) {
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

func (c *cuts) find(key []byte, receiver *message.Addr) (journal.CutPart, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.pending[string(key)]
	return r.part, ok && r.receiver == *receiver
}

// AcceptCut is Accept for a message that was assigned with Cut. Once w is told, PartOf
// knows its parts, unless the SMSC gave two of them the same message_id, or one none.
func (l *Partition) AcceptCut(s *Sent, c Cut, w Waiter, token uint64) {
	defer crash.OnPanic()
	h := s.head
	if h == nil {
		l.queue.tell(wait{w, token})
		return
	}
	s.head = nil
	h.shard.mu.Lock()
	defer h.shard.mu.Unlock()
	h.cover = max(h.cover, s.ordinal+1)
	day, named := message.DayOf(time.Now().UnixMilli()), c.namesParts()
	for i := range c.IDs {
		if !l.acceptPart(s, h, &c, i) || named && !l.cut(s, day, &c, i) {
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

// namesParts tells whether each part has a key of its own. Without, their receipts would never
// come to one: they pass as they come.
func (c *Cut) namesParts() bool {
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
func (l *Partition) acceptPart(s *Sent, h *head, c *Cut, i int) bool {
	b := l.queue.begin(journal.KindAccepted)
	if b == nil {
		return false
	}
	part := *s
	part.Part.Total, part.Part.Seq = s.Cut, uint8(i+1)
	b.appendSent(&part, h.cover, c.IDs[i])
	l.queue.end(b)
	return true
}

// cut queues what a receipt of the part needs.
func (l *Partition) cut(s *Sent, day uint16, c *Cut, i int) bool {
	b := l.queue.begin(journal.KindCut)
	if b == nil {
		return false
	}
	seq, first, key := uint8(i+1), bounded(c.Keys[0]), bounded(c.Keys[i])
	b.buf = journal.AppendCut(b.buf, &journal.Record{
		Place: journal.Place{Conv: s.Conversation, Day: day}, Part: message.Part{Total: s.Cut}, PartSeq: seq,
		Cut: journal.CutRecord{First: first, Key: key, Wanted: c.Wanted},
	})
	b.cuts = append(b.cuts, l.cuts.add(cutRow{
		key: string(key), part: journal.CutPart{Seq: seq, First: string(first), Day: day}, receiver: s.Conversation.Receiver,
	}))
	l.queue.end(b)
	return true
}

func bounded(id []byte) []byte { return id[:min(len(id), journal.MaxMessageID)] }

// PartOf finds the part that has this key, in a message to receiver; false if there is
// none.
func (c *cuts) PartOf(key []byte, receiver message.Addr) (journal.CutPart, bool) {
	defer crash.OnPanic()
	if !c.any.Load() || len(key) == 0 || len(key) > journal.MaxMessageID {
		return journal.CutPart{}, false
	}
	if part, ok := c.find(key, &receiver); ok {
		return part, true
	}
	today := message.DayOf(time.Now().Add(time.Minute).UnixMilli())
	part, ok, err := c.index.Part(key, &receiver, today, uint16(c.keep/(24*time.Hour))+2)
	return part, ok && err == nil
}

// PartIDs returns the message_ids of all parts of a message from conv.Sender to conv.Receiver, in
// order, by that of the first one and its key; nil if there is no such message in parts that
// the gateway made.
func (c *cuts) PartIDs(conv message.Conversation, id, key []byte) (ids [][]byte) {
	defer crash.OnPanic()
	if p, ok := c.PartOf(key, conv.Receiver); !ok || p.Seq != 1 {
		return nil
	}
	c.CatchUp()
	err := c.index.EachEntry(&conv, message.DayOf(time.Now().Add(time.Minute).UnixMilli()), func(f index.Found) bool {
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

// Merge has the log know of a final receipt of a part, and tells done, which must return
// at once: on the ledger's goroutine, or before Merge returns. It gets nil while other
// parts have no receipt, or had the last one; else what they come to. The same receipt again comes to the same.
// The error is ErrDown: nothing is known of it.
func (c *cuts) Merge(p journal.CutPart, r message.PartReceipt, done func(*message.Merged, error)) {
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
