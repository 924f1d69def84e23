package cdr

import (
	"errors"
	"slices"

	"readback/relay/journal"
)

// maxStarts is of how many epochs in a row the begin is remembered.
const maxStarts = 8

// A ledger that was lost while it appended a batch does not know whether the log has it. The next epoch then writes
// its messages once more, in late records. So a late record may be the copy of one in the last batch of an epoch before.

// copied is what a record and its copy have in common.
type copied struct {
	place     journal.Place
	seq       uint8
	messageID string
}

func copiedOf(rec *journal.Record) copied {
	return copied{rec.Place, rec.Part.Seq, string(rec.MessageID)}
}

// began notes that an epoch begins with a batch.
func (f *follower) began(seq uint64) {
	if slices.Contains(f.starts, seq) {
		return // a part of the batch was read before
	}
	f.starts = append(slices.Clone(f.starts[max(0, len(f.starts)-maxStarts+1):]), seq)
	f.last = nil
}

// isCopy reports whether a record is a copy of another one.
func (f *follower) isCopy(rec *journal.Record) (bool, error) {
	if rec.Kind != journal.KindLate {
		return false, nil
	}
	if f.last == nil {
		f.last = make(map[copied]bool)
		for _, seq := range f.starts {
			if err := f.readLast(seq - 1); err != nil {
				return false, err
			}
		}
	}
	return f.last[copiedOf(rec)], nil
}

// readLast reads the last batch of an epoch.
func (f *follower) readLast(last uint64) error {
	if last < f.log.Info().First {
		return nil
	}
	err := f.log.Replay(f.ctx, last, func(seq uint64, data []byte) error {
		r, err := journal.ParseBatch(data)
		for rec := (journal.Record{}); seq == last && err == nil && r.Next(&rec); {
			if rec.Kind == journal.KindAccepted || rec.Kind == journal.KindLate {
				f.last[copiedOf(&rec)] = true
			}
		}
		return errDone
	})
	if errors.Is(err, errDone) {
		return nil
	}
	return err
}
