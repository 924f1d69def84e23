package index

import (
	"errors"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
)

// stageAgain stages the rows of a batch that the index has but for these. What else it brings is dropped.
func (a *Applier) stageAgain(r *journal.BatchReader, size int) error {
	if a.at.Serial <= a.staged.Serial {
		return nil
	}
	if a.staged.Serial > 0 && a.at.Serial > a.staged.Serial+1 {
		if err := a.loseStaged(a.at.Serial-1, r.Header.Messages); err != nil {
			return err
		}
	}
	a.b, a.changes, a.direct = a.Index.db.NewIndexedBatchWithSize(size), true, false
	if err := a.whole(func() error { return errors.Join(a.effects(r), a.b.Close()) }); err != nil {
		return err
	}
	a.staged = a.at
	return a.Index.writeMany(a.Index.staged.applied(a.staged))
}

// whole calls f, which stages the rows of a batch. If that fails, the store has to be opened again without them.
func (a *Applier) whole(f func() error) error {
	s := a.Index.staged
	s.batch.Lock()
	defer s.batch.Unlock()
	err := f()
	if err != nil {
		s.spoil()
		a.Index.noticed(err)
		a.Index.failure.set(err)
	}
	return err
}

// resumeStaged finds up to which batch the index has all rows.
func (a *Applier) resumeStaged() error {
	if err := a.Index.writeStaged(); err != nil { // there are some if the index has been open
		return err
	}
	a.Index.mu.RLock()
	defer a.Index.mu.RUnlock()
	if a.Index.db == nil {
		return ErrClosed
	}
	at, err := stagedIn(a.Index.db)
	if at.Serial < a.pos.Serial {
		a.staged = at
	}
	return err
}

// completeStaged notices that there is nothing more from which the index could complete itself.
func (a *Applier) completeStaged() error {
	if a.staged.Serial >= a.pos.Serial {
		return nil
	}
	a.Index.mu.RLock()
	defer a.Index.mu.RUnlock()
	if a.Index.db == nil {
		return ErrClosed
	}
	return a.loseStaged(a.pos.Serial, a.pos.Messages)
}

// loseStaged notices that neither the log nor the recent batches have the rows that were staged of the batches
// up to a serial, before which there were so many messages. The conversations skip the numbers that these
// batches may have had. Their messages are in the index.
func (a *Applier) loseStaged(to, messages uint64) error {
	messages -= min(messages, a.staged.Messages)
	a.Index.log.Error("batches from which the index has to complete itself are lost; all conversations skip the numbers that they may have had, "+
		"and receipts of their messages are not recognized", "from", a.staged.Serial+1, "to", to, "messages", messages)
	a.b, a.changes = a.Index.db.NewBatchWithSize(minApply), false
	skip := skipOf(messages, a.pos.Cycle)
	err := a.addSkip(Skip{Epoch: a.pos.Epoch, Own: skip, Other: skip, At: a.pos.Time})
	err = firstError(err, a.b.Commit(pebble.NoSync))
	a.staged.Serial = to
	a.staged.Messages += messages
	return firstError(err, a.b.Close())
}
