package ledger

import (
	"context"

	"readback/relay/journal"
	"readback/relay/message"
)

// knownHead is how far a conversation got that is in memory.
type knownHead struct {
	conv message.Conversation
	next uint64
}

// knownHeads returns what is in memory of the conversations.
func (l *Partition) knownHeads() (all []knownHead) {
	for i := range l.table.shard {
		sh := &l.table.shard[i]
		sh.mu.Lock()
		for _, at := range sh.slots.all() {
			all = append(all, knownHead{at.conv, at.next})
		}
		sh.mu.Unlock()
	}
	return all
}

// recordHeads appends the heads of which the index knows less, because it could not be read completely.
func (l *Partition) recordHeads(ctx context.Context, all []knownHead) error {
	for i := range all {
		_, next, err := l.index.Head(&all[i].conv)
		if err != nil {
			return err
		}
		if next >= all[i].next {
			continue
		}
		b := l.queue.begin(journal.KindHead)
		for ; b == nil; b = l.queue.begin(journal.KindHead) { // it is full
			if err := l.appender.drain(ctx); err != nil {
				return err
			}
		}
		b.buf = journal.AppendHead(b.buf, &all[i].conv, all[i].next)
		l.queue.end(b)
	}
	return l.appender.drain(ctx)
}
