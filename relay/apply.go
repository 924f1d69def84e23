package relay

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
	"readback/relay/message"
)

// outcome is what a record came to, when the index got it.
type outcome uint8

const (
	outcomeDown      outcome = iota // it is not known: the log is unavailable
	outcomeRead                     // the state moved, feedback is on its way
	outcomeDuplicate                // the last word was said before
	outcomeNoted                    // it is noted, and no feedback comes of it
	outcomeGone                     // there is no such entry any more
)

// result is what the records of a batch came to. It is valid until the next apply.
type result struct {
	outcomes      []recordOutcome // of those that have one, in the order of the records
	added, taken  int             // rows of the outbox of feedback
	receiptPassed []receipted
	events        bool // there are new rows in the outbox of events
}

// recordOutcome is what one record of a batch came to.
type recordOutcome struct {
	record uint64 // its place in the batch
	outcome
	merged *Merged // what the receipts of all parts come to, if this one was the last
}

// of returns what a record came to that has an outcome.
func (r *result) of(record uint64) recordOutcome {
	i, _ := slices.BinarySearchFunc(r.outcomes, record, func(o recordOutcome, record uint64) int {
		return cmp.Compare(o.record, record)
	})
	return r.outcomes[i]
}

// receipted is a message that was read before its receipts had passed, and now they have.
type receipted struct {
	account string
	conv    message.Conversation
	number  uint16
}

// applier brings the batches of the log into the index. It belongs to one goroutine.
type applier struct {
	ix      *index
	expired uint16                    // entries of days before are not brought in
	events  func(account []byte) bool // reports whether the account gets events; nil: none does
	cycle   cycle                     // that was begun last

	// Of the batch at hand.
	b        *pebble.Batch
	changes  bool // b can be read
	at       applied
	rec      journal.Record
	index    uint64 // of the record
	result   result
	key, val []byte
	part     [1]entryPart // of an accepted record
}

// effects says what a record of each kind does to the index.
var effects = [journal.Kinds]func(*applier, *journal.Record) error{
	journal.KindStart:     (*applier).start,
	journal.KindStop:      (*applier).stop,
	journal.KindHead:      (*applier).head,
	journal.KindAccepted:  (*applier).accepted,
	journal.KindReceipt:   (*applier).receipt,
	journal.KindRead:      (*applier).read,
	journal.KindFed:       (*applier).fed,
	journal.KindRoute:     (*applier).route,
	journal.KindCut:       (*applier).cut,
	journal.KindMerge:     (*applier).merge,
	journal.KindOptOut:    (*applier).optOut,
	journal.KindErase:     (*applier).erase,
	journal.KindReported:  (*applier).reported,
	journal.KindPublished: (*applier).published,
}

// minApply is the least size of a batch. Pebble panics when it closes an empty batch that was made
// with less than 12 octets.
const minApply = 64

// apply brings in the message with sequence seq: all of it or nothing. changes says that records
// may change entries: of this batch, too.
func (a *applier) apply(seq uint64, data []byte, changes bool) (*result, error) {
	a.ix.mu.RLock()
	defer a.ix.mu.RUnlock()
	if a.ix.db == nil {
		return nil, errIndexClosed
	}
	size := max(2*len(data), minApply)
	a.b, a.changes = a.ix.db.NewBatchWithSize(size), changes
	if changes {
		a.b = a.ix.db.NewIndexedBatchWithSize(size)
	}
	a.index, a.result = 0, result{outcomes: a.result.outcomes[:0], receiptPassed: a.result.receiptPassed[:0]}
	err := a.records(seq, data)
	if err == nil {
		err = a.b.Commit(pebble.NoSync)
	}
	err = errors.Join(err, a.b.Close())
	if err != nil {
		return nil, fmt.Errorf("apply log message %d: %w", seq, err)
	}
	return &a.result, nil
}

func (a *applier) records(seq uint64, data []byte) error {
	r, err := journal.ParseBatch(data)
	if err != nil {
		return err
	}
	a.at = applied{seq: seq, epoch: r.Header.Epoch}
	for ; r.Next(&a.rec); a.index++ {
		a.at.stopped = false
		if err := effects[a.rec.Kind](a, &a.rec); err != nil {
			return fmt.Errorf("record %d: %w", a.index, err)
		}
	}
	if r.Err != nil {
		return r.Err
	}
	a.at.cycle = a.cycle
	a.val = appendApplied(a.val[:0], a.at)
	return a.b.Set(keyApplied, a.val, nil)
}

// came notes what the record at hand came to.
func (a *applier) came(o outcome, m *Merged) {
	a.result.outcomes = append(a.result.outcomes, recordOutcome{a.index, o, m})
}

// start notes with which epoch the cycle of numbers began.
func (a *applier) start(rec *journal.Record) error {
	if !a.cycle.is(rec.First, rec.Last) {
		a.cycle = cycle{first: rec.First, last: rec.Last, since: a.at.epoch}
	}
	return nil
}

// stop notes a clean stop, unless more follows.
func (a *applier) stop(*journal.Record) error {
	a.at.stopped = true
	return nil
}

// fed takes a feedback out of the outbox.
func (a *applier) fed(rec *journal.Record) error {
	a.result.taken++
	return a.b.Delete(outboxKey(nil, prefixOutbox, rec.Seq, rec.Index), nil)
}

func (a *applier) head(rec *journal.Record) error {
	a.key = headKey(a.key[:0], &rec.Place.Conv)
	a.val = appendHeadValue(a.val[:0], a.at.epoch, rec.Bound)
	return a.b.Set(a.key, a.val, nil)
}

func (a *applier) accepted(rec *journal.Record) error {
	if err := a.head(rec); err != nil || rec.Place.Day < a.expired {
		return err
	}
	var old entry
	known := false
	a.part[0] = entryPart{seq: rec.Part.Seq, id: rec.MessageID}
	e := entry{
		ordinal: rec.Place.Ordinal, account: rec.Account, from: rec.From, to: rec.To, at: rec.At,
		reference: rec.Reference, hasReference: rec.HasReference, wantsReceipt: rec.WantsReceipt,
		total: rec.Part.Total, parts: a.part[:],
	}
	if rec.Part.Total > 1 {
		var err error
		if old, known, err = a.entry(&rec.Place); err != nil {
			return err
		}
		if known {
			old.part(rec.Part.Seq).id = rec.MessageID
			old.at = min(old.at, rec.At)
			e = old
		}
	}
	if err := a.put(&rec.Place, &e); err != nil || known {
		return err
	}
	return a.changed(&rec.Place, &e, message.Change(message.StateSent.String()), rec.At)
}

// entry returns the entry at p if it is of the same message. It can be asked of a batch
// with changes only.
func (a *applier) entry(p *journal.Place) (entry, bool, error) {
	if !a.changes {
		return entry{}, false, errors.New("batch was not said to change entries")
	}
	a.key = entryKey(a.key[:0], p)
	value, err := copyOf(a.b.Get(a.key))
	if err != nil || value == nil {
		return entry{}, false, err
	}
	e, err := parseEntry(value)
	return e, err == nil && e.ordinal == p.Ordinal, err
}

func (a *applier) put(p *journal.Place, e *entry) error {
	a.key = entryKey(a.key[:0], p)
	a.val = appendEntry(a.val[:0], e)
	return a.b.Set(a.key, a.val, nil)
}

func (a *applier) receipt(rec *journal.Record) error {
	e, ok, err := a.entry(&rec.Place)
	if err != nil || !ok {
		return err
	}
	before, awaited := e.state, e.awaitsReceipt()
	e.receipt(rec.PartSeq, rec.State, rec.At)
	if awaited && e.state.IsFinal() && !e.awaitsReceipt() {
		a.result.receiptPassed = append(a.result.receiptPassed, receipted{string(e.account), rec.Place.Conv, rec.Place.Number})
	}
	if err := a.put(&rec.Place, &e); err != nil || e.state == before {
		return err
	}
	return a.changed(&rec.Place, &e, message.Change(e.state.String()), rec.At)
}

func (a *applier) route(rec *journal.Record) error {
	if rec.Place.Day < a.expired {
		return nil
	}
	a.key = routeKey(a.key[:0], rec.Place.Day, rec.MessageID)
	return a.b.Set(a.key, rec.Account, nil)
}

// read notes what a read response says, and what it comes to.
func (a *applier) read(rec *journal.Record) error {
	o, err := a.readResponse(rec)
	a.came(o, nil)
	return err
}

// readResponse moves the state, and puts the feedback in the outbox. The first response that
// says the last word counts, the others change nothing.
func (a *applier) readResponse(rec *journal.Record) (outcome, error) {
	e, ok, err := a.entry(&rec.Place)
	switch {
	case err != nil || !ok:
		return outcomeGone, err
	case e.state.IsFinal():
		return outcomeDuplicate, nil
	case rec.Status == message.StatusNotRead:
		return outcomeNoted, a.notRead(rec, &e)
	}
	e.state = message.StateRead
	if rec.Status == message.StatusDeletedUnread {
		e.state = message.StateDeletedUnread
	}
	e.readAt, e.receivedAt, e.readID = rec.ReadAt, rec.At, rec.ID
	if err := a.put(&rec.Place, &e); err != nil {
		return outcomeGone, err
	}
	if err := a.changed(&rec.Place, &e, message.Change(e.state.String()), rec.At); err != nil {
		return outcomeGone, err
	}
	fb := newFeedback(&rec.Place, &e)
	row, err := json.Marshal(fb)
	if err != nil {
		return outcomeGone, err
	}
	a.result.added++
	return outcomeRead, a.b.Set(outboxKey(nil, prefixOutbox, a.at.seq, a.index), row, nil)
}
