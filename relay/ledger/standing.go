package ledger

import (
	"readback/internal/crash"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// Standing returns a function that reports whether the number of a message of the conversation stands
// for this message. It does not if the number was or may have been assigned again, whatever happened
// to the message that got it then. The error is ErrDown if that is not known.
func (l *Partition) Standing(c *message.Conversation) (stands func(*journal.Place) bool, err error) {
	defer crash.OnPanic()
	n, err := l.known(c)
	if err != nil {
		return nil, err
	}
	changes, err := l.index.CycleChanges(c)
	if err != nil {
		return nil, err
	}
	if n.change != nil {
		changes = append(changes, *n.change)
	}
	return func(p *journal.Place) bool {
		newest, ok := l.newestOf(p.Number, n.next, changes)
		return ok && newest == p.Ordinal
	}, nil
}

// newestOf returns the newest ordinal below next that has a number, in the cycles that the conversation
// has gone through.
func (l *Partition) newestOf(number uint16, next uint64, changes []index.CycleChange) (uint64, bool) {
	c := l.cycle
	for i := len(changes) - 1; i >= 0; i-- {
		if o, ok := c.newest(number, changes[i].From, next); ok {
			return o, true
		}
		next = min(next, changes[i].Before)
		if changes[i].Last > changes[i].First {
			c = cycleOf(changes[i].First, changes[i].Last)
		}
	}
	return c.newest(number, 0, next)
}

// known returns how far a conversation got, from memory or from the index.
func (l *Partition) known(c *message.Conversation) (loaded, error) {
	sh, key := l.table.at(c)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !l.status.up.Load() {
		return loaded{}, ErrDown
	}
	if at := sh.slots.get(key, c); at != nil {
		return loaded{next: at.next}, nil
	}
	return l.load(c)
}
