// Package history finds messages, and tells what became of each.
package history

import (
	"context"
	"fmt"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// Finder finds messages.
type Finder struct {
	opt  Options
	busy chan struct{} // has a value for each search at work
}

// Options are what a Finder works with.
type Options struct {
	Index *index.Index
	// CatchUp returns when the index has what was reported as logged.
	CatchUp func()
	// OwnersOf returns the newest message of each account that has a message_id.
	OwnersOf func(id []byte) ([]journal.IDOwner, error)
	// FindFeedback returns what became of feedback of an account that the ledger does not know to be told, by event.
	FindFeedback func(ctx context.Context, account string, all []*message.Feedback) (map[string]message.Told, error)
	// Work calls f when a processor is free for that.
	Work func(f func())
	// Keep is how long a message can be read.
	Keep time.Duration
}

// maxSearches is how many searches are at work at a time. Others wait.
const maxSearches = 4

// New returns a Finder.
func New(opt Options) *Finder { return &Finder{opt: opt, busy: make(chan struct{}, maxSearches)} }

// ByMessageID returns the newest message of each account that has a message_id, as the SMSC's response or its receipt
// writes the id. If account is not empty, it is of that account.
func (fs *Finder) ByMessageID(ctx context.Context, id, account string) (all []message.History, err error) {
	var sources []source
	err = fs.search(ctx, func() error {
		owners, err := fs.opt.OwnersOf([]byte(id))
		for i := range owners {
			if err != nil || account != "" && message.Shown(owners[i].Account) != message.Shown(account) {
				continue
			}
			var s source
			if s, err = fs.ofOwner(&owners[i], id); err == nil {
				sources = append(sources, s)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return fs.complete(ctx, sources)
}

// search calls find when few others are at work.
func (fs *Finder) search(ctx context.Context, find func() error) (err error) {
	select {
	case fs.busy <- struct{}{}:
		defer func() { <-fs.busy }()
	case <-ctx.Done():
		return ctx.Err()
	}
	fs.opt.CatchUp()
	fs.opt.Work(func() { err = find() })
	if err != nil {
		return fmt.Errorf("find messages: %w", err)
	}
	return nil
}

// source is a message as the index has it, with its history.
type source struct {
	history message.History
	found   *index.Found // nil: the index has only whose a message_id is
}

// ofOwner returns the message that owns an id.
func (fs *Finder) ofOwner(o *journal.IDOwner, id string) (source, error) {
	if o.Kind != journal.OwnerUnnumbered {
		f, err := fs.opt.Index.Entry(&o.Place)
		if err != nil {
			return source{}, err
		}
		if f != nil {
			return fs.ofEntry(f), nil
		}
	}
	h := message.History{
		Account: o.Account, From: message.Address{Addr: o.Place.Conv.Sender}, To: message.Address{Addr: o.Place.Conv.Receiver},
		Number: o.Place.Number, Standing: message.Replaced, Parts: []message.HistoryPart{{Seq: o.Seq, ID: id}},
		SubmittedAt: message.Time(int64(o.Since()) * (24 * time.Hour).Milliseconds()),
	}
	if o.Kind == journal.OwnerUnnumbered {
		h.Standing = message.Unnumbered
	}
	return source{history: h}, nil
}

// ofEntry returns the message of an entry.
func (fs *Finder) ofEntry(f *index.Found) source {
	e := &f.Entry
	h := message.History{
		Account: string(e.Account), From: e.From, To: e.To, SubmittedAt: message.Time(e.At), Number: f.Place.Number,
		WantsReceipt: e.WantsReceipt, Trail: e.Trail, Way: string(e.Way), State: e.State, Total: e.Total,
		DeliveredAt: timeOf(e.DeliveredAt), FailedAt: timeOf(e.FailedAt), NotReadAt: timeOf(e.NotReadAt), ReadAt: timeOf(e.ReadAt), ReceivedAt: timeOf(e.ReceivedAt),
		ReadableTill: f.LastsUntil(fs.opt.Keep).UTC(),
	}
	if e.HasReference {
		reference := e.Reference
		h.Reference = &reference
	}
	for _, p := range e.Parts {
		h.Parts = append(h.Parts, message.HistoryPart{Seq: p.Seq, ID: string(p.ID), State: p.State})
	}
	if e.State.IsFinal() {
		h.Told = message.Told{Event: index.NewFeedback(&f.Place, e).Event}
	}
	if e.ReportedAt != 0 {
		h.Told.State, h.Told.At, h.Told.By = message.ToldDone, timeOf(e.ReportedAt), e.ToldTo
	}
	return source{history: h, found: f}
}

// timeOf returns a time of an entry, of which 0 is none.
func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return message.Time(ms)
}
