package relay

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"readback/relay/message"
)

// An opt-out stands in the index under 'u' · 'o' · receiver, as the time since when and the
// time of its record. The log forgets records, and opt-outs must hold: each is logged again
// when half of the time is over for which the log keeps it.
const personOptOut = 'o'

// OptOut is whether read responses of a receiver are dropped.
type OptOut struct {
	Receiver string     `json:"receiver"`
	On       bool       `json:"opted_out"`
	Since    *time.Time `json:"since,omitempty"`
}

func optOutKey(dst []byte, receiver *message.Addr) []byte {
	return append(append(dst, prefixPerson, personOptOut), receiver.Bytes()...)
}

// optOut notes an opt-out, or its end.
func (a *applier) optOut(rec *record) error {
	a.key = optOutKey(a.key[:0], &rec.place.conv.Receiver)
	if rec.status == 0 {
		return a.b.Delete(a.key, nil)
	}
	a.val = binary.AppendUvarint(binary.AppendUvarint(a.val[:0], uint64(rec.readAt)), uint64(rec.at))
	return a.b.Set(a.key, a.val, nil)
}

// optOut returns since when a receiver has opted out; 0 when it has not.
func (ix *index) optOut(receiver *message.Addr) (since int64, err error) {
	var buf [2 + message.MaxAddr]byte
	value, err := ix.get(optOutKey(buf[:0], receiver))
	if err != nil || value == nil {
		return 0, err
	}
	d := decoder{b: value}
	return d.time("since"), d.err
}

// optOut is the opt-out of a receiver.
func (r *Relay) optOut(receiver *message.Addr) (OptOut, error) {
	ms, err := r.index.optOut(receiver)
	if err != nil || ms == 0 {
		return OptOut{Receiver: receiver.String()}, err
	}
	since := message.Time(ms)
	return OptOut{Receiver: receiver.String(), On: true, Since: &since}, nil
}

// setOptOut has the log know that a receiver opts out, or no longer. The verdict is 202
// when that is so.
func (r *Relay) setOptOut(ctx context.Context, receiver *message.Addr, on bool) Verdict {
	r.optingOut.Lock()
	defer r.optingOut.Unlock()
	now, err := r.optOut(receiver)
	switch {
	case err != nil:
		return unavailable()
	case now.On == on:
		return Verdict{Code: 202}
	}
	rec := record{at: time.Now().UnixMilli()}
	rec.place.conv.Receiver, rec.readAt = *receiver, rec.at
	if on {
		rec.status = 1
	}
	return r.ledger.submit(ctx, kindOptOut, func(dst []byte) []byte { return appendOptOut(dst, &rec) })
}

// renewOptOuts logs those again whose records are older than that, a thousand at a time:
// what is left is done the next time.
func (r *Relay) renewOptOuts(before time.Time) error {
	r.optingOut.Lock() // or one that is ended just now would come back
	defer r.optingOut.Unlock()
	const most = 1000
	stale, err := r.index.staleOptOuts(before.UnixMilli(), most)
	if err != nil {
		return err
	}
	for i := range stale {
		b := r.ledger.queue.begin(kindOptOut)
		if b == nil {
			return ErrDown
		}
		stale[i].at = time.Now().UnixMilli()
		b.buf = appendOptOut(b.buf, &stale[i])
		b.reads = append(b.reads, nil)
		r.ledger.queue.end(b)
	}
	return nil
}

// staleOptOuts returns the records of opt-outs that were logged before.
func (ix *index) staleOptOuts(before int64, most int) ([]record, error) {
	l, err := ix.lookup()
	if err != nil {
		return nil, err
	}
	var all []record
	var failed error
	prefix := []byte{prefixPerson, personOptOut}
	for ok := l.it.SeekGE(prefix); ok && bytes.HasPrefix(l.it.Key(), prefix) && len(all) < most; ok = l.it.Next() {
		d := decoder{b: l.it.Value()}
		rec := record{status: 1, readAt: d.time("since"), at: d.time("time")}
		var bad error
		rec.place.conv.Receiver, bad = message.NewAddr(l.it.Key()[len(prefix):])
		if failed = firstError(failed, d.err, bad); rec.at < before {
			all = append(all, rec)
		}
	}
	return all, firstError(failed, l.it.Error(), l.close())
}
