package ledger

import (
	"fmt"

	"readback/relay/index"
	"readback/relay/message"
)

// loaded is what the index knows of how far a conversation got.
type loaded struct {
	next    uint64             // the next ordinal: all below it were or may have been assigned
	claimed bool               // numbers were assigned in this epoch
	change  *index.CycleChange // the next ordinal is the first in this cycle of numbers; nil: it is not
}

// load returns how far a conversation that is not in memory got. It skips the ordinals that may have been
// assigned without the log knowing it: up to W in the epoch of its head, if that had no clean stop, and
// more if the log or the index has lost something.
func (l *Partition) load(c *message.Conversation) (loaded, error) {
	epoch, next, err := l.index.Head(c)
	if err != nil {
		return loaded{}, fmt.Errorf("%w: %w", ErrDown, err)
	}
	now := l.begun.Load()
	if epoch > 0 && epoch >= now.epoch {
		return loaded{next: next, claimed: true}, nil
	}
	if l.skip > 0 {
		next += now.skips.Of(epoch)
	}
	n := loaded{next: next}
	if epoch > 0 && epoch < now.since {
		return l.changeCycle(c, epoch, n)
	}
	return n, nil
}
