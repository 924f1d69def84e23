package ledger

import (
	"bytes"

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
	defer h.letGo()
	named := c.namesParts()
	if h.dropped {
		l.acceptDroppedSplit(s, named, &c, wait{w, token})
		return
	}
	h.cover = max(h.cover, s.ordinal+1)
	for i := range c.IDs {
		if !l.acceptPart(s, h, &c, i) || named && !l.recordPart(s, &c, i) {
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
	b.mark(mark{head: h, bound: h.cover, ordinal: s.ordinal, settles: true})
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
func (l *Partition) recordPart(s *Sent, c *Split, i int) bool {
	b := l.queue.begin(journal.KindSplit)
	if b == nil {
		return false
	}
	part := s.splitPart(i)
	l.owners.append(b, part.owner(journal.OwnerSplit), bounded(c.Keys[i]), s.Split, c.Wanted)
	l.queue.end(b)
	return true
}

func bounded(id []byte) []byte { return id[:min(len(id), journal.MaxMessageID)] }

// PartOf finds the part that the gateway made of a message and that a receipt is about, by the key of its
// message_id; see ownerOf. It returns false if the receipt is about no such part.
func (o *owners) PartOf(account string, c message.Conversation, key []byte) (journal.SplitPart, bool) {
	defer crash.OnPanic()
	if !o.parts.Load() {
		return journal.SplitPart{}, false
	}
	is, byID, err := o.ownerOf(account, &c, key)
	if err != nil {
		return journal.SplitPart{}, false
	}
	// Read from its log, a part that an earlier release has split looks like one that the ESME made.
	if is == nil || byID || is.Kind == journal.OwnerNumbered && is.Seq > 0 {
		if part, ok := o.partOfEarlier(&c, key); ok && (is == nil || byID || is.Seq == part.Seq) {
			return part, true
		}
	}
	if is == nil || is.Kind != journal.OwnerSplit {
		return journal.SplitPart{}, false
	}
	return is.SplitPart(), true
}

// partOfEarlier finds a part of a message to the receiver that an earlier release has split.
func (o *owners) partOfEarlier(c *message.Conversation, key []byte) (journal.SplitPart, bool) {
	if !o.earlier.Load() || len(key) == 0 || len(key) > journal.MaxMessageID {
		return journal.SplitPart{}, false
	}
	today, back := o.days()
	part, ok, err := o.index.Part(key, &c.Receiver, today, back)
	return part, ok && err == nil
}

// PartIDs returns the message_ids of all parts of a message from conv.Sender to conv.Receiver, in
// order, by that of the first one and its key; nil if there is no such message in parts that
// the gateway made.
func (o *owners) PartIDs(conv message.Conversation, id, key []byte) (ids [][]byte) {
	defer crash.OnPanic()
	if p, ok := o.PartOf("", conv, key); !ok || p.Seq != 1 {
		return nil
	}
	o.CatchUp()
	err := newestEntry(o.index, &conv, func(e *index.Entry) bool {
		return len(e.Parts) > 1 && bytes.EqualFold(e.Parts[0].ID, id)
	}, func(f *index.Found) {
		for _, part := range f.Entry.Parts {
			ids = append(ids, part.ID)
		}
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
func (o *owners) Merge(p journal.SplitPart, r message.PartReceipt, done func(*message.Merged, error)) {
	defer crash.OnPanic()
	if !o.status.up.Load() {
		done(nil, ErrDown)
		return
	}
	b := o.queue.begin(journal.KindMerge)
	if b == nil {
		done(nil, ErrDown)
		return
	}
	b.buf = journal.AppendMerge(b.buf, p, r)
	b.await(func(came index.Outcome, m *message.Merged) {
		if came == index.Down {
			done(nil, ErrDown)
			return
		}
		done(m, nil)
	})
	o.queue.end(b)
}
