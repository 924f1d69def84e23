package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/backoff"
	"readback/relay/journal"
)

// The stream of the events: a subject for each account.
const (
	streamEvents  = "READBACK_EVENTS"
	subjectEvents = "readback.events."
	eventsOctets  = 1 << 30 // the oldest go
)

// tellsEvents tells whether the changes of an account's messages are told.
func (r *Relay) tellsEvents(account []byte) bool {
	s := r.settings.Load()
	return s.Events && s.account(string(account)).Events
}

// eventStream is kept as long as feedback waits.
func eventStream(opt *Options, keep time.Duration) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: streamEvents, Subjects: []string{subjectEvents + "*"}, MaxAge: keep, MaxBytes: eventsOctets,
		Storage: jetstream.FileStorage, Replicas: opt.Replicas,
	}
}

// keepEvents has the stream keep them as long as the settings in force say. It belongs to the
// survey.
func (r *Relay) keepEvents(ctx context.Context) error {
	keep := r.settings.Load().FeedbackKeep
	if keep == r.eventsKept {
		return nil
	}
	if _, err := r.js.UpdateStream(ctx, eventStream(&r.opt, keep)); err != nil {
		return fmt.Errorf("stream %s: %w", streamEvents, err)
	}
	r.eventsKept = keep
	return nil
}

// publishEvents moves events from their outbox to the stream, oldest first. What is in the
// stream leaves the outbox by a record in the log; after a crash in between it is
// published again, with the same id.
func (r *Relay) publishEvents(ctx context.Context) {
	for wait := 100 * time.Millisecond; ctx.Err() == nil; {
		n, err := r.publishSome(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			r.log.Warn("events cannot be published", "error", err)
			backoff.Sleep(ctx, backoff.Jitter(wait))
			wait = min(2*wait, 5*time.Second)
			continue
		case n < outboxBatch:
			select {
			case <-r.events:
			case <-ctx.Done():
			}
		}
		wait = 100 * time.Millisecond
	}
}

// publishSome publishes the first rows, and returns when the index has let go of them.
func (r *Relay) publishSome(ctx context.Context) (int, error) {
	r.publishingEvents.Lock()
	defer r.publishingEvents.Unlock()
	rows, err := r.index.outbox(prefixEvent, 0, 0, outboxBatch)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	acks := make([]jetstream.PubAckFuture, len(rows))
	for i, row := range rows {
		m, err := eventMessage(row.body)
		if err == nil {
			acks[i], err = r.js.PublishMsgAsync(m)
		}
		if err != nil {
			return 0, err
		}
	}
	for _, ack := range acks {
		if err := queued(ctx, ack); err != nil {
			return 0, err
		}
	}
	last := rows[len(rows)-1]
	if err := r.dropEvents(ctx, last.seq, last.index); err != nil {
		return 0, err
	}
	r.metrics.feedback.events.Add(float64(len(rows)))
	return len(rows), nil
}

// dropEvents has the log know that the events up to one are in the stream.
func (r *Relay) dropEvents(ctx context.Context, seq, index uint64) error {
	v := r.ledger.submit(ctx, journal.KindPublished, func(dst []byte) []byte { return journal.AppendPublished(dst, seq, index) })
	if !v.Accepted() {
		return ErrDown
	}
	return nil
}

func eventMessage(row []byte) (*nats.Msg, error) {
	var ev struct {
		Event   string `json:"event"`
		Account string `json:"account"`
	}
	if err := json.Unmarshal(row, &ev); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	m := nats.NewMsg(subjectEvents + accountToken(ev.Account))
	m.Data = row
	m.Header.Set(nats.MsgIdHdr, ev.Event)
	return m, nil
}

// tellEvents says that there is something in the outbox of the events.
func (r *Relay) tellEvents() {
	select {
	case r.events <- struct{}{}:
	default:
	}
}
