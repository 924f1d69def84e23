package feedback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/index"
	"readback/relay/message"
)

// maxSearched is how much of what waits for an account, or was given up, is looked through for one search.
const maxSearched = 1000

// Find returns what became of the feedback on messages of an account that were read and of which the ledger does not know
// that they were told, by event. It looks through a bounded part of what waits and of what was given up, in the order in
// which feedback goes. What is put back meanwhile, or taken, may seem to be gone.
func (f *Service) Find(ctx context.Context, account string, all []*message.Feedback) (map[string]message.Told, error) {
	found := make(map[string]message.Told)
	settings := f.settings.Load().account(account)
	for _, fb := range all {
		if settings.tooLate(fb) {
			found[fb.Event] = message.Told{State: message.ToldSuperseded}
		}
	}
	outbox := make(map[string]message.Told) // until it is recorded that they have left it
	wholeOutbox, err := f.findInOutbox(outbox)
	if err != nil {
		return nil, err
	}
	wholeQueue, err := f.findInQueue(ctx, account, found)
	if err != nil {
		return nil, err
	}
	wholeLetters, err := f.findLetters(ctx, account, found)
	if err != nil {
		return nil, err
	}
	whole := wholeQueue && wholeLetters && (wholeOutbox || settings.Quiet)
	for _, fb := range all {
		if _, known := found[fb.Event]; known {
			continue
		}
		if told, waits := outbox[fb.Event]; waits && !settings.Quiet { // else nothing comes of it
			found[fb.Event] = told
		} else {
			found[fb.Event] = message.Told{State: elsewhere(settings, whole)}
		}
	}
	return found, nil
}

// Form returns in what form an account is told.
func (f *Service) Form(account string) string { return f.settings.Load().account(account).Form }

// elsewhere says what became of feedback that is in no stream, or whose streams are too long to look through.
func elsewhere(s AccountSettings, whole bool) message.ToldState {
	switch {
	case !whole:
		return message.ToldUnknown
	case s.Quiet:
		return message.ToldOff
	case s.Own:
		return message.ToldTaken
	}
	return message.ToldGone
}

// findInOutbox notes what is not in its queue yet.
func (f *Service) findInOutbox(found map[string]message.Told) (whole bool, err error) {
	rows, err := f.index.Outbox(index.FeedbackOutbox, 0, 0, maxSearched)
	for _, row := range rows {
		if n, ok := namesIn(row.Body); ok {
			found[n.event] = message.Told{State: message.ToldWaiting}
		}
	}
	return len(rows) < maxSearched, err
}

// findInQueue notes what waits in the queue of an account.
func (f *Service) findInQueue(ctx context.Context, account string, found map[string]message.Told) (whole bool, err error) {
	stream, err := f.js.Stream(ctx, queueStream)
	if err != nil {
		return false, fmt.Errorf("stream %s: %w", queueStream, err)
	}
	for seq, n := uint64(0), 0; n < maxSearched; n++ {
		m, err := stream.GetMsg(ctx, seq+1, jetstream.WithGetMsgSubject(queueSubject+accountToken(account)))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("feedback of %s: %w", account, err)
		}
		seq = m.Sequence
		var fb struct{ Event string }
		if json.Unmarshal(m.Data, &fb) == nil {
			found[fb.Event] = message.Told{State: message.ToldWaiting}
		}
	}
	return false, nil
}

// findLetters notes the dead letters of an account. It reports whether it has seen all of them.
func (f *Service) findLetters(ctx context.Context, account string, found map[string]message.Told) (whole bool, err error) {
	rest, err := f.deadLetters.each(ctx, DeadQuery{Account: account, Limit: maxSearched}, func(_ jetstream.Stream, d *DeadLetter) error {
		if _, waits := found[d.Event]; waits {
			return nil // it is being replayed
		}
		found[d.Event] = message.Told{State: message.ToldDead, At: d.Time, Reason: d.Reason, Letter: d.ID}
		return nil
	})
	return rest == nil, err
}
