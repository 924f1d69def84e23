package index

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
)

// follow applies the batches of the log from a sequence on. Those that the log has lost it takes from the
// recent ones, if they are there.
func (a *Applier) follow(ctx context.Context, log journal.Log, from uint64) error {
	info := log.Info()
	intact, serial := max(from, 1)-1, a.staged.Serial // of the last batch of the log that can be read
	begun := a.pos.Serial > 0
	if !info.Empty && from <= info.Last {
		release := a.Index.held.hold()
		defer release()
		end := a.Index.progress.begin(max(from, info.First), info.Last, a.Index.log)
		err := log.Replay(ctx, from, func(seq uint64, batch []byte) error {
			read, err := a.followBatch(seq, batch)
			a.Index.progress.read(seq, a.index)
			if read {
				if !begun && seq > max(from, 1) {
					a.Index.log.Error("the first batches of the log cannot be read, and the index does not have them", "from", from, "to", seq-1)
					a.lost += seq - max(from, 1)
				}
				begun, intact, serial = true, seq, a.at.Serial
			}
			return err
		})
		end()
		if err != nil {
			return err
		}
	}
	if err := firstError(a.fill(0), a.completeStaged()); err != nil || info.Empty || intact >= info.Last {
		return err
	}
	unread, known := info.Last-intact, a.pos.Serial-min(serial, a.pos.Serial)
	if unread <= known {
		return nil // the index has them
	}
	return a.loseEnd(unread - known)
}

// followBatch applies a batch of the log, and before it those that the log has lost. It leaves out a
// batch that is damaged, and returns false.
func (a *Applier) followBatch(seq uint64, batch []byte) (intact bool, err error) {
	r, err := journal.ParseBatch(batch)
	header, has := r, survey{}
	for err == nil && r.Next(&a.rec) {
		has.note(a.rec.Kind)
	}
	if err = firstError(err, r.Err); err != nil {
		if isNewer(err) {
			return false, err
		}
		a.Index.log.Warn("a batch of the log is damaged and left out", "sequence", seq, "error", err)
		return false, nil
	}
	if a.pos.Serial > 0 && header.HasMessages() && header.Header.Serial > a.staged.Serial+1 {
		if err := a.fill(header.Header.Serial); err != nil {
			return false, err
		}
	}
	_, err = a.apply(seq, batch, header, has)
	return true, err
}

// note notes that there is a record of a kind. Those that read what their own batch has brought need a batch of
// Pebble that has an index, which costs more than all else of a small one.
func (s *survey) note(k journal.Kind) {
	switch k {
	case journal.KindStart, journal.KindMerge, journal.KindCycle, journal.KindSkip:
		s.readsItself = true
	case journal.KindErase:
		s.readsItself, s.erases = true, true
	}
}

// fill applies recent batches that follow the last one, up to the one before a serial; 0 is all.
func (a *Applier) fill(before uint64) error {
	if a.pos.Serial == 0 {
		return nil
	}
	return a.Index.recent.each(func(seq uint64, batch []byte) error {
		r, err := journal.ParseBatch(batch)
		if err != nil || r.Header.Serial != a.staged.Serial+1 || before > 0 && r.Header.Serial >= before {
			return nil
		}
		_, err = a.Apply(seq, batch, true)
		return err
	})
}

// loseEnd notices that the last batches of the log cannot be read. No batch behind them says so.
func (a *Applier) loseEnd(batches uint64) (err error) {
	a.Index.mu.RLock()
	defer a.Index.mu.RUnlock()
	if a.Index.db == nil {
		return ErrClosed
	}
	a.at = a.pos
	a.at.Serial += batches
	a.b, a.changes = a.Index.db.NewIndexedBatchWithSize(minApply), true
	defer func() { err = errors.Join(err, a.b.Close()) }()
	err = a.lose(Lost{From: a.pos.Serial + 1, To: a.at.Serial}, a.at.Epoch)
	err = firstError(err,
		a.b.Set(keyApplied, appendPosition(nil, &a.at), nil),
		a.b.Commit(pebble.NoSync))
	if err != nil {
		a.Index.noticed(err)
		return fmt.Errorf("note the lost end of the log: %w", err)
	}
	a.pos, a.staged = a.at, a.at
	return nil
}
