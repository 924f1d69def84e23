package feedback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/message"
)

var errExpired = message.Permanent(errors.New("not told within feedback.keep"))

// expired reports whether feedback that came into the queue at that time has waited too long.
func (s *shared) expired(at, now time.Time) bool {
	return now.Sub(at) >= s.settings.Load().FeedbackKeep
}

// expire makes dead letters of what has waited too long for an account without sessions.
func (s *sweeper) expire(ctx context.Context, account string) error {
	stream, err := s.js.Stream(ctx, queueStream)
	if err != nil {
		return fmt.Errorf("stream %s: %w", queueStream, err)
	}
	subject, seq := queueSubject+accountToken(account), uint64(1)
	for range maxSwept {
		m, err := stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && !s.expired(m.Time, time.Now()) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("oldest of %s: %w", subject, err)
		}
		var fb message.Feedback
		_ = json.Unmarshal(m.Data, &fb) // what cannot be read is kept as it is
		if err := s.dead.store(ctx, &letter{account: account, event: fb.Event, data: m.Data, seq: m.Sequence}, errExpired); err != nil {
			return err
		}
		if err := deleteMsg(ctx, stream, m.Sequence); err != nil {
			return fmt.Errorf("remove what is too old from %s: %w", subject, err)
		}
		s.metrics.outcomes.WithLabelValues("expired").Inc()
		seq = m.Sequence + 1
	}
	return nil
}
