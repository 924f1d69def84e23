package feedback

import (
	"context"
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
		if err := s.dead.storeWaiting(ctx, stream, m, errExpired, "expired"); err != nil {
			return err
		}
		seq = m.Sequence + 1
	}
	return nil
}
