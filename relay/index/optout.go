package index

import (
	"encoding/binary"

	"readback/relay/journal"
	"readback/relay/message"
)

// An opt-out stands in the index under 'u' · 'o' · receiver, as the time since when and the
// time of its record. The log forgets records, and opt-outs must hold: each is logged again
// when half of the time is over for which the log keeps it.
const personOptOut = 'o'

func optOutKey(dst []byte, receiver *message.Addr) []byte {
	return append(append(dst, prefixPerson, personOptOut), receiver.Bytes()...)
}

// applyOptOut notes an opt-out, or its end.
func applyOptOut(a *Applier, rec *journal.Record) error {
	a.came(Noted, nil)
	a.key = optOutKey(a.key[:0], &rec.Place.Conv.Receiver)
	if rec.Status == 0 {
		return a.b.Delete(a.key, nil)
	}
	a.val = binary.AppendUvarint(binary.AppendUvarint(a.val[:0], uint64(rec.ReadAt)), uint64(rec.At))
	a.Index.persons.note(a.key)
	return a.b.Set(a.key, a.val, nil)
}

// OptOut returns since when a receiver has opted out; 0 when it has not.
func (ix *Index) OptOut(receiver *message.Addr) (since int64, err error) {
	if !ix.persons[personOptOut].Load() {
		return 0, ix.closedError()
	}
	var buf [2 + message.MaxAddr]byte
	value, err := ix.get(optOutKey(buf[:0], receiver))
	if err != nil || value == nil {
		return 0, err
	}
	d := journal.Decoder{B: value}
	return d.Time("since"), d.Err
}

// StaleOptOuts returns the records of opt-outs that were logged before.
func (ix *Index) StaleOptOuts(before int64, most int) ([]journal.Record, error) {
	l, err := ix.lookup()
	if err != nil {
		return nil, err
	}
	var all []journal.Record
	var failed error
	prefix := []byte{prefixPerson, personOptOut}
	for ok := l.within(prefix); ok && len(all) < most; ok = l.nextWithin(prefix) {
		d := journal.Decoder{B: l.it.Value()}
		rec := journal.Record{Status: 1, ReadAt: d.Time("since"), At: d.Time("time")}
		var bad error
		rec.Place.Conv.Receiver, bad = message.NewAddr(l.it.Key()[len(prefix):])
		if failed = firstError(failed, d.Err, bad); rec.At < before {
			all = append(all, rec)
		}
	}
	return all, firstError(failed, l.close())
}
