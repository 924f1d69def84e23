package reads

import (
	"context"
	"sync"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// OptOut says whether read responses of a receiver are dropped.
type OptOut struct {
	Receiver string     `json:"receiver"`
	On       bool       `json:"opted_out"`
	Since    *time.Time `json:"since,omitempty"`
}

// OptOuts are the opt-outs of all receivers.
type OptOuts struct {
	ledger Ledger
	index  *index.Index
	mu     sync.Mutex // held while an opt-out changes
}

// NewOptOuts returns the opt-outs that a ledger and its index have.
func NewOptOuts(l Ledger, ix *index.Index) *OptOuts { return &OptOuts{ledger: l, index: ix} }

// Get returns the opt-out of a receiver.
func (o *OptOuts) Get(receiver *message.Addr) (OptOut, error) {
	ms, err := o.index.OptOut(receiver)
	if err != nil || ms == 0 {
		return OptOut{Receiver: receiver.String()}, err
	}
	since := message.Time(ms)
	return OptOut{Receiver: receiver.String(), On: true, Since: &since}, nil
}

// Set records that a receiver opts out, or no longer does. The verdict accepts the change when the
// log has it.
func (o *OptOuts) Set(ctx context.Context, receiver *message.Addr, on bool) message.Verdict {
	o.mu.Lock()
	defer o.mu.Unlock()
	now, err := o.Get(receiver)
	switch {
	case err != nil:
		return message.LedgerDown()
	case now.On == on:
		return message.Accept()
	}
	rec := journal.Record{At: time.Now().UnixMilli()}
	rec.Place.Conv.Receiver, rec.ReadAt = *receiver, rec.At
	if on {
		rec.Status = 1
	}
	return o.ledger.Submit(ctx, journal.KindOptOut, func(dst []byte) []byte { return journal.AppendOptOut(dst, &rec) })
}

// Renew appends the opt-outs again whose records are older than before, up to a thousand. The next
// call renews what is left.
func (o *OptOuts) Renew(before time.Time) error {
	o.mu.Lock() // an opt-out that ends meanwhile must not be renewed
	defer o.mu.Unlock()
	const most = 1000
	stale, err := o.index.StaleOptOuts(before.UnixMilli(), most)
	if err != nil {
		return err
	}
	for i := range stale {
		stale[i].At = time.Now().UnixMilli()
		if err := o.ledger.Enqueue(journal.KindOptOut, func(dst []byte) []byte { return journal.AppendOptOut(dst, &stale[i]) }); err != nil {
			return err
		}
	}
	return nil
}
