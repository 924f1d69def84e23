package index

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp/receipt"
)

// Applier brings the batches of the log into the index. It belongs to one goroutine.
type Applier struct {
	Index   *Index
	Expired uint16                    // entries of days before are not brought in
	Events  func(account []byte) bool // reports whether the account gets events; nil: none does
	Lost    func(Lost)                // is called with what the log has lost; nil: nobody is told
	Sampled func(*journal.Place) bool // reports whether the steps of a message are noted; nil: those of none are
	IDs     receipt.IDs               // how the SMSC writes message_ids

	pos     Position // of the last batch
	staged  Position // of the last batch whose rows are staged or in the store: pos, except during a replay
	rebuilt bool     // by Replay, from what could be read of another store
	lost    uint64   // batches that the replay has found to be lost

	// Of the batch at hand.
	b        *pebble.Batch
	direct   bool // no row is staged
	changes  bool // b can be read
	at       Position
	rec      journal.Record
	index    uint64 // of the record
	instance uint64 // of the writer
	result   Result
	key, val []byte
	idKey    []byte
	part     [1]EntryPart // of an accepted record
}

// IsRebuilt reports whether Replay has built the index again. It may know less than before.
func (a *Applier) IsRebuilt() bool { return a.rebuilt }

// Position is that of the last batch that was applied or replayed.
func (a *Applier) Position() Position { return a.pos }

// effects says what a record of each kind does to the index.
var effects = [journal.Kinds]func(*Applier, *journal.Record) error{
	journal.KindStart:     (*Applier).start,
	journal.KindStop:      (*Applier).stop,
	journal.KindHead:      (*Applier).head,
	journal.KindAccepted:  (*Applier).accepted,
	journal.KindReceipt:   (*Applier).receipt,
	journal.KindRead:      (*Applier).read,
	journal.KindFed:       (*Applier).fed,
	journal.KindRoute:     (*Applier).route,
	journal.KindSplit:     applySplit,
	journal.KindMerge:     applyMerge,
	journal.KindOptOut:    applyOptOut,
	journal.KindErase:     applyErase,
	journal.KindReported:  (*Applier).reported,
	journal.KindPublished: (*Applier).published,
	journal.KindLate:      (*Applier).late,
	journal.KindUnclaimed: (*Applier).unclaimed,
	journal.KindCycle:     applyCycle,
	journal.KindSkip:      applySkip,
	journal.KindTold:      (*Applier).reported,
}

// minApply is the least size of a batch. Pebble panics when it closes an empty batch that was made
// with less than 12 octets.
const minApply = 64

// Apply brings in the batch with sequence seq: all of it or nothing. It does nothing if the index has
// the batch already. changes says that records may change entries: of this batch, too.
func (a *Applier) Apply(seq uint64, data []byte, changes bool) (*Result, error) {
	r, err := journal.ParseBatch(data)
	if err != nil {
		return nil, fmt.Errorf("apply log message %d: %w", seq, err)
	}
	return a.apply(seq, data, r, survey{readsItself: changes, erases: changes && hasErasure(r)})
}

// survey says what records of a batch do.
type survey struct {
	readsItself bool // they read rows of their own batch
	erases      bool
}

// apply brings in a batch. r stands before its first record.
func (a *Applier) apply(seq uint64, data []byte, r journal.BatchReader, has survey) (*Result, error) {
	a.Index.mu.RLock()
	defer a.Index.mu.RUnlock()
	if a.Index.db == nil {
		return nil, ErrClosed
	}
	a.index, a.result = 0, Result{outcomes: a.result.outcomes[:0], ReceiptPassed: a.result.ReceiptPassed[:0], Moved: a.result.Moved[:0]}
	if !a.place(seq, &r) {
		return &a.result, a.stageAgain(&r, max(2*len(data), minApply))
	}
	if a.staged.Serial < a.pos.Serial {
		if err := a.loseStaged(a.pos.Serial, a.pos.Messages); err != nil {
			return nil, err
		}
	}
	if a.direct = has.erases; a.direct {
		if err := a.Index.staged.writeTo(a.Index.db); err != nil {
			return nil, fmt.Errorf("apply log message %d: %w", seq, err)
		}
	}
	if err := a.whole(func() error { return a.commit(max(2*len(data), minApply), &r, has.readsItself) }); err != nil {
		return nil, fmt.Errorf("apply log message %d: %w", seq, err)
	}
	a.pos, a.staged = a.at, a.at
	a.Index.recent.add(seq, data)
	return &a.result, a.Index.writeMany(a.Index.staged.applied(a.at))
}

// hasErasure reports whether a batch has the record of an erasure. Such a batch goes into the store as a whole,
// and all that was staged before it: then Replay stages nothing again that was erased.
func hasErasure(r journal.BatchReader) bool {
	for rec := (journal.Record{}); r.Next(&rec); {
		if rec.Kind == journal.KindErase {
			return true
		}
	}
	return false
}

// commit brings in the batch that is at hand.
func (a *Applier) commit(size int, r *journal.BatchReader, readsItself bool) error {
	a.b, a.changes = a.Index.db.NewBatchWithSize(size), readsItself
	if readsItself {
		a.b = a.Index.db.NewIndexedBatchWithSize(size)
	}
	err := a.records(r)
	if err == nil {
		err = a.b.Commit(pebble.NoSync)
	}
	if err = errors.Join(err, a.b.Close()); err == nil && a.direct {
		a.Index.staged.hasAll(a.at)
	}
	return err
}

// place sets the position of the batch at hand. It returns false if the index has the batch.
func (a *Applier) place(seq uint64, r *journal.BatchReader) bool {
	a.at = a.pos
	a.at.Seq, a.at.Sum = seq, r.Sum
	a.at.Serial = r.Header.Serial
	if r.HasMessages() {
		a.at.Messages = r.Header.Messages
	} else {
		a.at.Serial = seq // the serial of such a batch counts those of its epoch
	}
	return a.pos.Serial == 0 || a.at.Serial > a.pos.Serial
}

func (a *Applier) records(r *journal.BatchReader) error {
	if err := a.noticeLoss(r); err != nil {
		return err
	}
	if err := a.effects(r); err != nil {
		return err
	}
	a.val = appendPosition(a.val[:0], &a.at)
	if a.direct {
		return firstError(a.b.Set(keyApplied, a.val, nil), a.b.Set(keyStaged, a.val, nil))
	}
	return a.b.Set(keyApplied, a.val, nil)
}

// effects brings in the records of the batch at hand.
func (a *Applier) effects(r *journal.BatchReader) error {
	a.instance = r.Header.Instance
	for ; r.Next(&a.rec); a.index++ {
		if a.rec.Kind == journal.KindStart {
			if err := a.endUnclean(a.rec.At); err != nil {
				return err
			}
			a.at.Used, a.at.Unclaimed = !r.HasMessages(), !r.HasMessages() // the older release made no claims
		}
		a.at.Epoch, a.at.Stopped = r.Header.Epoch, false
		if err := effects[a.rec.Kind](a, &a.rec); err != nil {
			return fmt.Errorf("record %d: %w", a.index, err)
		}
	}
	if r.Err != nil {
		return r.Err
	}
	a.at.Epoch = r.Header.Epoch
	return nil
}

// came notes what the record at hand came to.
func (a *Applier) came(o Outcome, m *message.Merged) {
	a.result.outcomes = append(a.result.outcomes, RecordOutcome{a.index, o, m})
}

// start notes with which epoch the cycle of numbers began.
func (a *Applier) start(rec *journal.Record) error {
	a.at.Time = max(a.at.Time, rec.At)
	if !a.at.Cycle.Is(rec.First, rec.Last) {
		a.at.Cycle = Cycle{First: rec.First, Last: rec.Last, Since: a.at.Epoch}
	}
	return a.b.Set(instanceKey(nil, a.at.Epoch), appendInstance(nil, a.instance, rec.First, rec.Last), nil)
}

// unclaimed notes that numbers of the epoch are assigned without claims.
func (a *Applier) unclaimed(*journal.Record) error {
	a.at.Unclaimed = true
	return nil
}

// stop notes a clean stop, unless more follows.
func (a *Applier) stop(rec *journal.Record) error {
	a.at.Stopped, a.at.Time = true, max(a.at.Time, rec.At)
	return nil
}

// entry returns the entry at p if it is of the same message.
func (a *Applier) entry(p *journal.Place) (Entry, bool, error) {
	a.key = entryKey(a.key[:0], p)
	value, err := a.getStaged(a.key)
	if err != nil || value == nil {
		return Entry{}, false, err
	}
	e, err := parseEntry(value)
	return e, err == nil && e.Ordinal == p.Ordinal, err
}

func (a *Applier) put(p *journal.Place, e *Entry) error {
	a.key = receiverPrefix(a.key[:0], p.Day, &p.Conv.Receiver)
	group := len(a.key)
	a.key = appendInReceiver(a.key, p)
	a.val = appendEntry(a.val[:0], e)
	a.Index.entryDays.note(p.Day)
	return a.stage(a.key, group, a.val)
}
