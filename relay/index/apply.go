package index

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp/receipt"
)

// Outcome is what a record came to, when the index got it.
type Outcome uint8

const (
	Down      Outcome = iota // it is not known: the log is unavailable
	Read                     // the state moved, feedback is on its way
	Duplicate                // the last word was said before
	Noted                    // it is noted, and no feedback comes of it
	Gone                     // there is no such entry any more
)

// Result is what the records of a batch came to. It is valid until the next apply.
type Result struct {
	outcomes      []RecordOutcome // of those that have one, in the order of the records
	Added, Taken  int             // rows of the outbox of feedback
	ReceiptPassed []ReceiptPassed
	Events        bool // there are new rows in the outbox of events
}

// RecordOutcome is what one record of a batch came to.
type RecordOutcome struct {
	record uint64 // its place in the batch
	Outcome
	Merged *message.Merged // what the receipts of all parts come to, if this one was the last
}

// Of returns what a record came to that has an outcome.
func (r *Result) Of(record uint64) RecordOutcome {
	i, _ := slices.BinarySearchFunc(r.outcomes, record, func(o RecordOutcome, record uint64) int {
		return cmp.Compare(o.record, record)
	})
	return r.outcomes[i]
}

// ReceiptPassed is a message that was read before its receipts had passed, and now they have.
type ReceiptPassed struct {
	Account string
	Conv    message.Conversation
	Number  uint16
}

// Applier brings the batches of the log into the index. It belongs to one goroutine.
type Applier struct {
	Index   *Index
	Expired uint16                    // entries of days before are not brought in
	Events  func(account []byte) bool // reports whether the account gets events; nil: none does
	Lost    func(Lost)                // is called with what the log has lost; nil: nobody is told
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
	a.index, a.result = 0, Result{outcomes: a.result.outcomes[:0], ReceiptPassed: a.result.ReceiptPassed[:0]}
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

// fed takes a feedback out of the outbox.
func (a *Applier) fed(rec *journal.Record) error {
	a.result.Taken++
	return a.b.Delete(outboxKey(nil, FeedbackOutbox, rec.Seq, rec.Index), nil)
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

func (a *Applier) receipt(rec *journal.Record) error {
	e, ok, err := a.entry(&rec.Place)
	if err != nil || !ok {
		return err
	}
	before, awaited := e.State, e.AwaitsReceipt()
	e.receipt(rec.PartSeq, rec.State, rec.At)
	if awaited && e.State.IsFinal() && !e.AwaitsReceipt() {
		a.result.ReceiptPassed = append(a.result.ReceiptPassed, ReceiptPassed{string(e.Account), rec.Place.Conv, rec.Place.Number})
	}
	if err := a.put(&rec.Place, &e); err != nil || e.State == before {
		return err
	}
	return a.changed(&rec.Place, &e, message.Change(e.State.String()), rec.At)
}

// read notes what a read response says, and what it comes to.
func (a *Applier) read(rec *journal.Record) error {
	o, err := a.readResponse(rec)
	a.came(o, nil)
	return err
}

// readResponse moves the state, and puts the feedback in the outbox. The first response that
// says the last word counts, the others change nothing.
func (a *Applier) readResponse(rec *journal.Record) (Outcome, error) {
	e, ok, err := a.entry(&rec.Place)
	switch {
	case err != nil || !ok:
		return Gone, err
	case e.State.IsFinal():
		return Duplicate, nil
	case rec.Status == message.StatusNotRead:
		return Noted, a.notRead(rec, &e)
	}
	e.State = message.StateRead
	if rec.Status == message.StatusDeletedUnread {
		e.State = message.StateDeletedUnread
	}
	e.ReadAt, e.ReceivedAt, e.ReadID = rec.ReadAt, rec.At, rec.ID
	if err := a.put(&rec.Place, &e); err != nil {
		return Gone, err
	}
	if err := a.changed(&rec.Place, &e, message.Change(e.State.String()), rec.At); err != nil {
		return Gone, err
	}
	fb := NewFeedback(&rec.Place, &e)
	row, err := fb.MarshalJSON() // json.Marshal would go through it again
	if err != nil {
		return Gone, err
	}
	a.result.Added++
	return Read, a.b.Set(outboxKey(nil, FeedbackOutbox, a.at.Serial, a.index), row, nil)
}
