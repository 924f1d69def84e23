package relay

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble"

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
	r, err := parseBatch(data)
	if err != nil {
		return err
	}
	a.at = applied{seq: seq, epoch: r.header.epoch}
	var rec record
	for ; r.next(&rec); a.index++ {
		a.at.stopped = rec.kind == kindStop
		if err := a.record(&rec); err != nil {
			return fmt.Errorf("record %d: %w", a.index, err)
		}
	}
	if r.err != nil {
		return r.err
	}
	a.at.cycle = a.cycle
	a.val = appendApplied(a.val[:0], a.at)
	return a.b.Set(keyApplied, a.val, nil)
}

func (a *applier) record(rec *record) error {
	switch rec.kind {
	case kindStart:
		if !a.cycle.is(rec.first, rec.last) {
			a.cycle = cycle{first: rec.first, last: rec.last, since: a.at.epoch}
		}
	case kindHead:
		return a.head(rec)
	case kindAccepted:
		return a.accepted(rec)
	case kindReceipt:
		return a.receipt(rec)
	case kindRead:
		o, err := a.read(rec)
		a.outcomes = append(a.outcomes, o)
		return err
	case kindFed:
		a.went++
		return a.b.Delete(outboxKey(nil, prefixOutbox, rec.seq, rec.index), nil)
	case kindReported:
		return a.reported(rec)
	case kindPublished:
		a.outcomes = append(a.outcomes, outcomeNoted)
		return a.published(rec)
	case kindRoute:
		return a.route(rec)
	case kindCut:
		return a.cut(rec)
	case kindMerge:
		m, err := a.merge(rec)
		a.merged = append(a.merged, m)
		return err
	case kindOptOut:
		a.outcomes = append(a.outcomes, outcomeNoted)
		return a.optOut(rec)
	case kindErase:
		a.outcomes = append(a.outcomes, outcomeNoted)
		return a.erase(rec)
	}
	return nil
}

func (a *applier) head(rec *record) error {
	a.key = headKey(a.key[:0], &rec.place.conv)
	a.val = appendHeadValue(a.val[:0], a.at.epoch, rec.bound)
	return a.b.Set(a.key, a.val, nil)
}

func (a *applier) accepted(rec *record) error {
	if err := a.head(rec); err != nil || rec.place.day < a.expired {
		return err
	}
	var old entry
	known := false
	a.part[0] = entryPart{seq: rec.part.Seq, id: rec.messageID}
	e := entry{
		ordinal: rec.place.ordinal, account: rec.account, from: rec.from, to: rec.to, at: rec.at,
		reference: rec.reference, hasReference: rec.hasReference, wantsReceipt: rec.wantsReceipt,
		total: rec.part.Total, parts: a.part[:],
	}
	if rec.part.Total > 1 {
		var err error
		if old, known, err = a.entry(&rec.place); err != nil {
			return err
		}
		if known {
			old.part(rec.part.Seq).id = rec.messageID
			old.at = min(old.at, rec.at)
			e = old
		}
	}
	if err := a.put(&rec.place, &e); err != nil || known {
		return err
	}
	return a.changed(&rec.place, &e, message.Change(message.StateSent.String()), rec.at)
}

// entry returns the entry at p if it is of the same message. It can be asked of a batch
// with changes only.
func (a *applier) entry(p *place) (entry, bool, error) {
	if !a.changes {
		return entry{}, false, errors.New("batch was not said to change entries")
	}
	a.key = entryKey(a.key[:0], p)
	value, err := copyOf(a.b.Get(a.key))
	if err != nil || value == nil {
		return entry{}, false, err
	}
	e, err := parseEntry(value)
	return e, err == nil && e.ordinal == p.ordinal, err
}

func (a *applier) put(p *place, e *entry) error {
	a.key = entryKey(a.key[:0], p)
	a.val = appendEntry(a.val[:0], e)
	return a.b.Set(a.key, a.val, nil)
}

func (a *applier) receipt(rec *record) error {
	e, ok, err := a.entry(&rec.place)
	if err != nil || !ok {
		return err
	}
	before, awaited := e.state, e.awaitsReceipt()
	e.receipt(rec.partSeq, rec.state, rec.at)
	if a.passed != nil && awaited && e.state.IsFinal() && !e.awaitsReceipt() {
		a.receipts = append(a.receipts, receipted{string(e.account), rec.place.conv, rec.place.number})
	}
	if err := a.put(&rec.place, &e); err != nil || e.state == before {
		return err
	}
	return a.changed(&rec.place, &e, message.Change(e.state.String()), rec.at)
}

func (a *applier) route(rec *record) error {
	if rec.place.day < a.expired {
		return nil
	}
	a.key = routeKey(a.key[:0], rec.place.day, rec.messageID)
	return a.b.Set(a.key, rec.account, nil)
}

// read moves the state, and puts the feedback in the outbox. The first response that
// says the last word counts, the others change nothing.
func (a *applier) read(rec *record) (outcome, error) {
	e, ok, err := a.entry(&rec.place)
	switch {
	case err != nil || !ok:
		return outcomeGone, err
	case e.state.IsFinal():
		return outcomeDuplicate, nil
	case rec.status == message.StatusNotRead:
		return outcomeNoted, a.notRead(rec, &e)
	}
	e.state = message.StateRead
	if rec.status == message.StatusDeletedUnread {
		e.state = message.StateDeletedUnread
	}
	e.readAt, e.receivedAt, e.readID = rec.readAt, rec.at, rec.id
	if err := a.put(&rec.place, &e); err != nil {
		return outcomeGone, err
	}
	if err := a.changed(&rec.place, &e, message.Change(e.state.String()), rec.at); err != nil {
		return outcomeGone, err
	}
	fb := newFeedback(&rec.place, &e)
	row, err := json.Marshal(fb)
	if err != nil {
		return outcomeGone, err
	}
	a.came++
	return outcomeRead, a.b.Set(outboxKey(nil, prefixOutbox, a.at.seq, a.index), row, nil)
}
