package reads

import (
	"context"
	"errors"
	"slices"

	"readback/relay/index"
	"readback/relay/message"
)

// find returns the message that a read response is about. If there is none from the sender as it is
// written, find looks for one from the phone number that is written so.
func (rs *Service) find(ctx context.Context, q *query) (*index.Found, message.Verdict) {
	f, v := rs.await(ctx, q)
	if f == nil && v.Kind == message.VerdictNotFound && !q.dialled.IsZero() {
		q.sender, q.forms, q.dialled = q.dialled, nil, message.Addr{}
		return rs.await(ctx, q)
	}
	return f, v
}

// await returns the message from the sender as q has it. It waits for one that the SMSC has not answered
// yet.
func (rs *Service) await(ctx context.Context, q *query) (*index.Found, message.Verdict) {
	ctx, cancel := context.WithTimeout(ctx, rs.opt.Wait)
	defer cancel()
	for {
		var f *index.Found
		var changed <-chan struct{}
		var v message.Verdict
		rs.budget.Work(func() { f, changed, v = rs.look(q) })
		if changed == nil {
			return f, v
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, message.TryAgain("message is not answered by the SMSC yet, send it again")
		}
	}
}

// look is await without waiting. If changed is not nil, look is to be called again when it is closed.
func (rs *Service) look(q *query) (f *index.Found, changed <-chan struct{}, v message.Verdict) {
	one := q.sender
	if len(q.forms) > 1 {
		one = message.Addr{}
	}
	senders, changed := rs.ledger.Outstanding(&q.receiver, &one, q.number)
	if !one.IsZero() {
		if changed != nil {
			return nil, changed, v
		}
		f, err := rs.lookUp(q, one)
		return f, nil, verdictOf(f, err)
	}
	all, err := rs.lookUpAll(q)
	if err != nil {
		return nil, nil, message.LedgerDown()
	}
	if len(q.forms) > 1 {
		senders = slices.DeleteFunc(senders, func(a message.Addr) bool { return !contains(q.forms, a) })
	}
	f, other, ambiguous := pick(all, senders, q.id)
	switch {
	case ambiguous:
		return nil, nil, message.Verdict{Kind: message.VerdictAmbiguous, Field: "sender", Reason: "several senders have this number outstanding"}
	case f == nil && other:
		return nil, changed, v
	}
	return f, nil, verdictOf(f, nil)
}

// lookUpAll returns the messages for which the number stands: of each form of the sender, or of each
// sender.
func (rs *Service) lookUpAll(q *query) (all []index.Found, err error) {
	if len(q.forms) == 0 {
		return rs.lookUpReceiver(q)
	}
	for _, sender := range q.forms {
		f, err := rs.lookUp(q, sender)
		if err != nil {
			return nil, err
		}
		if f != nil {
			all = append(all, *f)
		}
	}
	return all, nil
}

// lookUp returns the message of a sender for which the number stands. For a caller that must not know of it
// there is none.
func (rs *Service) lookUp(q *query, sender message.Addr) (*index.Found, error) {
	c := message.Conversation{Sender: sender, Receiver: q.receiver}
	stands, err := rs.ledger.Standing(&c)
	if err != nil {
		return nil, err
	}
	f, err := rs.index.FindNumber(&c, q.number, stands)
	if f != nil && !q.by.Sees(f.Entry.Account) {
		return nil, err
	}
	return f, err
}

// lookUpReceiver returns the messages to the receiver, one of each sender, for which the number stands.
func (rs *Service) lookUpReceiver(q *query) ([]index.Found, error) {
	all, err := rs.index.FindReceiver(&q.receiver, q.number)
	standing := all[:0]
	for i := range all {
		stands, e := rs.ledger.Standing(&all[i].Place.Conv)
		if err = errors.Join(err, e); err != nil {
			return nil, err
		}
		if stands(&all[i].Place) {
			standing = append(standing, all[i])
		}
	}
	return standing, err
}

func verdictOf(f *index.Found, err error) message.Verdict {
	switch {
	case err != nil:
		return message.LedgerDown()
	case f == nil:
		return message.NoSuchMessage()
	}
	return message.Verdict{}
}

// pick chooses one of the messages of a receiver that have a number, for a read response without a
// sender. A repetition is about the same message as before. Otherwise exactly one message must be
// unread: one of all, or one that a sender in senders has sent and that is not in the index yet (other
// is true). If there is none, pick returns any message that was read: recording it again changes
// nothing.
func pick(all []index.Found, senders []message.Addr, id uint64) (f *index.Found, other, ambiguous bool) {
	var done *index.Found
	n := len(senders)
	for i := range all {
		switch {
		case !all[i].Entry.State.IsFinal():
			if !contains(senders, all[i].Place.Conv.Sender) {
				f = &all[i]
				n++
			}
		case id != 0 && all[i].Entry.ReadID == id:
			return &all[i], false, false
		default:
			done = &all[i]
		}
	}
	switch {
	case n > 1:
		return nil, false, true
	case n == 0:
		return done, false, false
	}
	return f, f == nil, false
}

func contains(senders []message.Addr, sender message.Addr) bool {
	for _, s := range senders {
		if s == sender {
			return true
		}
	}
	return false
}
