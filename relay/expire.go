package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/message"
)

// deadAge is how long dead letters are kept.
const deadAge = 7 * 24 * time.Hour

var errExpired = message.Permanent(errors.New("not told within feedback.keep"))

// expired tells whether what came into the queue at that time has waited too long.
func (r *Relay) expired(at, now time.Time) bool {
	return now.Sub(at) >= r.settings.Load().FeedbackKeep
}

// sweep makes dead letters of what has waited too long for an account without sessions.
func (r *Relay) sweep(ctx context.Context, account string) error {
	stream, err := r.js.Stream(ctx, streamFeedback)
	if err != nil {
		return fmt.Errorf("stream %s: %w", streamFeedback, err)
	}
	subject, seq := subjectFeedback+accountToken(account), uint64(1)
	for range maxSwept {
		m, err := stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && !r.expired(m.Time, time.Now()) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("oldest of %s: %w", subject, err)
		}
		var fb message.Feedback
		_ = json.Unmarshal(m.Data, &fb) // what cannot be read is kept as it is
		if err := r.bury(ctx, &letter{account: account, event: fb.Event, data: m.Data, seq: m.Sequence}, errExpired); err != nil {
			return err
		}
		if err := deleteMsg(ctx, stream, m.Sequence); err != nil {
			return fmt.Errorf("remove what is too old from %s: %w", subject, err)
		}
		r.metrics.feedback.outcomes.WithLabelValues("expired").Inc()
		seq = m.Sequence + 1
	}
	return nil
}

// sweepDead drops dead letters that nobody has cared for.
func (r *Relay) sweepDead(ctx context.Context) error {
	stream, err := r.js.Stream(ctx, streamDead)
	if err != nil {
		return fmt.Errorf("stream %s: %w", streamDead, err)
	}
	r.metrics.feedback.letters.Set(float64(stream.CachedInfo().State.Msgs))
	for range maxSwept {
		m, err := stream.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(subjectDead+"*"))
		if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && time.Since(m.Time) < deadAge {
			return nil
		}
		if err != nil {
			return fmt.Errorf("oldest dead letter: %w", err)
		}
		if err := deleteMsg(ctx, stream, m.Sequence); err != nil {
			return fmt.Errorf("drop dead letter: %w", err)
		}
		r.metrics.feedback.outcomes.WithLabelValues("dropped").Inc()
		r.log.Warn("dead letter dropped: kept for 7 days", "account", m.Header.Get(headerAccount),
			"event", m.Header.Get(headerEvent), "reason", m.Header.Get(headerReason))
	}
	return nil
}

// deleteMsg removes a message from a stream; one that is gone already is removed.
func deleteMsg(ctx context.Context, stream jetstream.Stream, seq uint64) error {
	err := stream.DeleteMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		if _, e := stream.GetMsg(ctx, seq); errors.Is(e, jetstream.ErrMsgNotFound) {
			return nil
		}
	}
	return err
}
