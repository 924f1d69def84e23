package feedback

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// When a stream has reached its bound in octets, the account with the most messages in it gives way: so
// no account takes the place of others that have less. It gives up more than one message at a time, since
// finding it has a cost.
const (
	giveUpPart = 64 // one of so many of its messages
	giveUpMost = 100
)

// errQueuesFull is why feedback that cannot wait becomes a dead letter.
var errQueuesFull = errors.New("the queues of feedback are full: feedback.queue_size")

// errDeadFull is why a dead letter is dropped before its time.
var errDeadFull = errors.New("the dead letters are full: feedback.dead_size")

// fullest returns the subject with the most messages of a stream, and how many of them are to be given up;
// 0 if there are none.
func fullest(ctx context.Context, stream jetstream.Stream) (subject string, giveUp int, err error) {
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(">"))
	if err != nil {
		return "", 0, fmt.Errorf("stream %s: %w", stream.CachedInfo().Config.Name, err)
	}
	var most uint64
	for s, n := range info.State.Subjects {
		if n > most || n == most && s < subject {
			subject, most = s, n
		}
	}
	return subject, int(min((most+giveUpPart-1)/giveUpPart, giveUpMost)), nil
}

// fullQueue is the queue that had the most feedback when the queues were full.
type fullQueue struct {
	subject string
	at      time.Time
}

// fullFor is how long a fullQueue is taken to be the one with the most.
const fullFor = time.Second

// publishInRoom publishes a feedback for which the queues had no room. Feedback of the account with the
// most waiting gives way to it. If it is that account's own, or if that does not suffice, it is a dead letter.
func (o *outbox) publishInRoom(ctx context.Context, q *queued) (outcome string, err error) {
	for range 3 {
		if _, err = o.js.PublishMsg(ctx, q.Msg); !isFull(err) {
			return "published", err
		}
		if q.Subject == o.full.subject && time.Since(o.full.at) < fullFor {
			break
		}
		removed, err := o.makeRoom(ctx)
		if err != nil {
			return "", err
		}
		if removed == 0 {
			break
		}
	}
	return "queue_full", o.deadLetter(ctx, q, errQueuesFull)
}

// makeRoom makes dead letters of the newest feedback of the account that has the most waiting, and returns
// how many. The oldest stays: a session may be getting it.
func (o *outbox) makeRoom(ctx context.Context) (removed int, err error) {
	stream, err := o.js.Stream(ctx, queueStream)
	if err != nil {
		return 0, fmt.Errorf("stream %s: %w", queueStream, err)
	}
	subject, n, err := fullest(ctx, stream)
	o.full = fullQueue{subject, time.Now()}
	for removed < n && err == nil {
		var m *jetstream.RawStreamMsg
		if m, err = stream.GetLastMsgForSubject(ctx, subject); err == nil {
			err = o.dead.storeWaiting(ctx, stream, m, errQueuesFull, "queue_full")
			removed++
		}
	}
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		err = nil // the rest was settled meanwhile
	}
	return removed, err
}

// publish publishes a dead letter. If there is no room, others give way to it.
func (ds *deadLetters) publish(ctx context.Context, m *nats.Msg) error {
	for {
		_, err := ds.js.PublishMsg(ctx, m)
		if !isFull(err) {
			return err
		}
		removed, err := ds.makeRoom(ctx)
		if err != nil {
			return err
		}
		if removed == 0 {
			return nats.ErrMaxPayload // it is larger than all of them may be
		}
	}
}

// makeRoom drops the oldest dead letters of the account that has the most, and returns how many.
func (ds *deadLetters) makeRoom(ctx context.Context) (removed int, err error) {
	stream, err := ds.js.Stream(ctx, deadStream)
	if err != nil {
		return 0, fmt.Errorf("stream %s: %w", deadStream, err)
	}
	subject, n, err := fullest(ctx, stream)
	for removed < n && err == nil {
		var m *jetstream.RawStreamMsg
		if m, err = stream.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(subject)); err == nil {
			err = ds.dropOldest(ctx, stream, m)
			removed++
		}
	}
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		err = nil // the rest was removed meanwhile
	}
	return removed, err
}

// dropOldest drops a dead letter for which there is no room any more.
func (ds *deadLetters) dropOldest(ctx context.Context, stream jetstream.Stream, m *jetstream.RawStreamMsg) error {
	if err := deleteMsg(ctx, stream, m.Sequence); err != nil {
		return fmt.Errorf("drop dead letter: %w", err)
	}
	ds.metrics.outcomes.WithLabelValues("dead_full").Inc()
	ds.lines.Warn(ds.log, "dead letter dropped", errDeadFull.Error(), "account", m.Header.Get(headerAccount), "event", m.Header.Get(headerEvent))
	return nil
}
