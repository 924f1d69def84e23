package index

import "readback/relay/journal"

// Lost says which batches neither the log nor the index has.
type Lost struct {
	From, To uint64 // serials of the batches
	Messages uint64 // records of accepted messages in them; 0 also if that is not known
	Known    bool   // Messages is known
}

// noticeLoss notices batches that are missing before the one at hand. Their numbers may be assigned
// again unless they are skipped.
func (a *Applier) noticeLoss(r *journal.BatchReader) error {
	if a.pos.Serial == 0 || a.at.Serial == a.pos.Serial+1 || isRestored(*r) {
		return nil
	}
	lost := Lost{From: a.pos.Serial + 1, To: a.at.Serial - 1, Known: r.HasMessages()}
	if lost.Known && a.at.Messages > a.pos.Messages {
		lost.Messages = a.at.Messages - a.pos.Messages
	}
	return a.lose(lost, r.Header.Epoch)
}

// RestoreGap is how many serials are left out behind a backup that is restored. The batches that were
// appended after the backup had serials of these, and are not taken for batches of the restored log.
const RestoreGap = 1 << 32

// isRestored reports whether a batch begins what follows a backup in the log. Its serial is far beyond that
// of the batch before it, so that no batch that was written after the backup has the same one, and the batch
// itself says how many numbers are skipped.
func isRestored(r journal.BatchReader) bool {
	for rec := (journal.Record{}); r.Next(&rec); {
		if rec.Kind == journal.KindSkip {
			return true
		}
	}
	return false
}

// lose reports what was lost, and skips the numbers that it may have had.
func (a *Applier) lose(lost Lost, epoch uint64) error {
	a.lost += lost.To - lost.From + 1
	if a.Lost != nil {
		a.Lost(lost)
	}
	skip := skipOf(lost.Messages, a.at.Cycle)
	return a.addSkip(Skip{Epoch: epoch, Own: skip, Other: skip, At: a.at.Time})
}

// skipOf returns how many numbers of a conversation may have been assigned in lost batches with so many messages.
func skipOf(messages uint64, c Cycle) uint64 {
	skip := messages + journal.Window
	if c.Since > 0 {
		skip = min(skip, (uint64(c.Last-c.First)+1)/2)
	}
	return skip
}
