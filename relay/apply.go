package relay

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
	"readback/relay/message"
)

// outcome is what a record came to that somebody waits for, when the index got it.
type outcome uint8

const (
	outcomeDown      outcome = iota // it is not known: the log is away
	outcomeRead                     // the state moved, feedback is on its way
	outcomeDuplicate                // the last word was said before
	outcomeNoted                    // it is noted, there is nothing to tell
	outcomeGone                     // there is no such entry any more
)

// applier brings the batches of the log into the index. It belongs to one goroutine.
type applier struct {
	ix      *index
	expired uint16               // entries of days before are not brought in
	told    func(came, went int) // rows of the outbox
	passed  func(receipted)      // its receipts have passed; nil: nobody asks
	cycle   cycle                // that was begun last

	events     func(account []byte) bool // who has events told; nil: nobody
	eventsTold func()                    // called when there are some
	newEvents  bool                      // in the batch at hand

	// Of the batch at hand.
	b        *pebble.Batch
	changes  bool // b can be read
	at       applied
	index    uint64 // of the record
	came     int    // rows of the outbox
	went     int
	outcomes []outcome
	merged   []*Merged // of the merge records
	receipts []receipted
	key, val []byte
	part     [1]entryPart // of an accepted record
}

// minApply is the least size of a batch. Pebble panics when it closes an empty batch that was made
// with less than 12 octets.
const minApply = 64

// apply brings in the message with sequence seq, all of it or nothing. It returns what
// the read records came to. changes says that records may change entries: of this
// batch, too.
func (a *applier) apply(seq uint64, data []byte, changes bool) ([]outcome, error) {
	a.ix.mu.RLock()
	defer a.ix.mu.RUnlock()
	if a.ix.db == nil {
		return nil, errIndexClosed
	}
	size := max(2*len(data), minApply)
	a.b, a.changes, a.newEvents = a.ix.db.NewBatchWithSize(size), changes, false
	if changes {
		a.b = a.ix.db.NewIndexedBatchWithSize(size)
	}
	a.index, a.came, a.went, a.outcomes = 0, 0, 0, a.outcomes[:0]
	a.merged, a.receipts = a.merged[:0], a.receipts[:0]
	err := a.records(seq, data)
	if err == nil {
		err = a.b.Commit(pebble.NoSync)
	}
	err = errors.Join(err, a.b.Close())
	if err != nil {
		return nil, fmt.Errorf("apply log message %d: %w", seq, err)
	}
	if a.came+a.went > 0 {
		a.told(a.came, a.went)
	}
	for _, r := range a.receipts {
		a.passed(r)
	}
	if a.newEvents {
		a.eventsTold()
	}
	return a.outcomes, nil
}

func (a *applier) records(seq uint64, data []byte) error {
	r, err := journal.ParseBatch(data)
	if err != nil {
		return err
	}
	a.at = applied{seq: seq, epoch: r.Header.Epoch}
	var rec journal.Record
	for ; r.Next(&rec); a.index++ {
		a.at.stopped = rec.Kind == journal.KindStop
		if err := a.record(&rec); err != nil {
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

func (a *applier) record(rec *journal.Record) error {
	switch rec.Kind {
	case journal.KindStart:
		if !a.cycle.is(rec.First, rec.Last) {
			a.cycle = cycle{first: rec.First, last: rec.Last, since: a.at.epoch}
		}
	case journal.KindHead:
		return a.head(rec)
	case journal.KindAccepted:
		return a.accepted(rec)
	case journal.KindReceipt:
		return a.receipt(rec)
	case journal.KindRead:
		o, err := a.read(rec)
		a.outcomes = append(a.outcomes, o)
		return err
	case journal.KindFed:
		a.went++
		return a.b.Delete(outboxKey(nil, prefixOutbox, rec.Seq, rec.Index), nil)
	case journal.KindReported:
		return a.reported(rec)
	case journal.KindPublished:
		a.outcomes = append(a.outcomes, outcomeNoted)
		return a.published(rec)
	case journal.KindRoute:
		return a.route(rec)
	case journal.KindCut:
		return a.cut(rec)
	case journal.KindMerge:
		m, err := a.merge(rec)
		a.merged = append(a.merged, m)
		return err
	case journal.KindOptOut:
		a.outcomes = append(a.outcomes, outcomeNoted)
		return a.optOut(rec)
	case journal.KindErase:
		a.outcomes = append(a.outcomes, outcomeNoted)
		return a.erase(rec)
	}
	return nil
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
	if a.passed != nil && awaited && e.state.IsFinal() && !e.awaitsReceipt() {
		a.receipts = append(a.receipts, receipted{string(e.account), rec.Place.Conv, rec.Place.Number})
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

// read moves the state, and puts the feedback in the outbox. The first response that
// says the last word counts, the others change nothing.
func (a *applier) read(rec *journal.Record) (outcome, error) {
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
	a.came++
	return outcomeRead, a.b.Set(outboxKey(nil, prefixOutbox, a.at.seq, a.index), row, nil)
}
