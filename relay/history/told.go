package history

import (
	"context"
	"errors"

	"readback/relay/index"
	"readback/relay/message"
)

// tries is how often feedback that seems to be gone is looked for: it may have been on its way from one place to the next.
const tries = 2

// complete adds what became of the feedback on messages.
func (fs *Finder) complete(ctx context.Context, sources []source) ([]message.History, error) {
	for range tries {
		if err := fs.lookForFeedback(ctx, sources); err != nil {
			return nil, err
		}
	}
	all := make([]message.History, len(sources))
	for i := range sources {
		all[i] = sources[i].history
	}
	return all, nil
}

// lookForFeedback looks for the feedback on messages that were read, as far as it is not known what became of it.
func (fs *Finder) lookForFeedback(ctx context.Context, sources []source) error {
	asked := make(map[string][]*source)
	for i := range sources {
		s := &sources[i]
		told := &s.history.Told
		if told.State == message.ToldGone {
			if err := fs.readAgain(s); err != nil {
				return err
			}
		}
		if told.Event != "" && (told.State == message.ToldNothing || told.State == message.ToldGone) {
			asked[s.history.Account] = append(asked[s.history.Account], s)
		}
	}
	for account, all := range asked {
		if err := fs.lookForFeedbackOf(ctx, account, all); err != nil {
			return err
		}
	}
	return nil
}

// readAgain reads the entry of a message again: its feedback may have been told meanwhile.
func (fs *Finder) readAgain(s *source) error {
	fs.opt.CatchUp()
	f, err := fs.opt.Index.Entry(&s.found.Place)
	if f != nil {
		told := s.history.Told
		if *s = fs.ofEntry(f); s.history.Told.State != message.ToldDone {
			s.history.Told = told
		}
	}
	return err
}

// lookForFeedbackOf looks for the feedback of an account.
func (fs *Finder) lookForFeedbackOf(ctx context.Context, account string, all []*source) error {
	var feedbacks []*message.Feedback
	for _, s := range all {
		feedbacks = append(feedbacks, index.NewFeedback(&s.found.Place, &s.found.Entry))
	}
	found, err := fs.opt.FindFeedback(ctx, account, feedbacks)
	if ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	for i, s := range all {
		told := message.Told{State: message.ToldUnknown} // the streams cannot be reached
		if err == nil {
			told = found[feedbacks[i].Event]
		}
		told.Event = feedbacks[i].Event
		s.history.Told = told
	}
	return nil
}
