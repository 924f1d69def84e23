package feedback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/backoff"
	"readback/relay/index"
	"readback/relay/journal"
)

// events moves events from the index to their stream.
type events struct {
	*shared
	added chan struct{} // there is something in the outbox of the events
	kept  time.Duration // how long the stream keeps them; owned by the sweep
	mu    sync.Mutex    // held while events go from their outbox to the stream
}

func newEvents(s *shared) *events {
	return &events{shared: s, added: make(chan struct{}, 1), kept: s.settings.Load().FeedbackKeep}
}

// notify wakes run, because there is something in the outbox of the events.
func (es *events) notify() {
	select {
	case es.added <- struct{}{}:
	default:
	}
}

// wanted reports whether events are published of an account's messages.
func (es *events) wanted(account []byte) bool {
	s := es.settings.Load()
	return s.Events && s.account(string(account)).Events
}

// keep makes the stream keep events as long as the settings in force say. Only the sweep calls it.
func (es *events) keep(ctx context.Context) error {
	keep := es.settings.Load().FeedbackKeep
	if keep == es.kept {
		return nil
	}
	c := eventsConfig(keep)
	c.Storage, c.Replicas = jetstream.FileStorage, es.replicas
	if _, err := es.js.UpdateStream(ctx, c); err != nil {
		return fmt.Errorf("stream %s: %w", eventsStream, err)
	}
	es.kept = keep
	return nil
}

// run moves events from their outbox to the stream, oldest first. What is in the
// stream leaves the outbox by a record in the log; after a crash in between it is
// published again, with the same id.
func (es *events) run(ctx context.Context) {
	failed := backoff.Complaint{Log: es.log, What: "events cannot be published"}
	es.renewals.repeat(ctx, &failed, es.added, func(ctx context.Context) (bool, error) {
		more, err := es.publish(ctx)
		return more, es.remake(ctx, err)
	})
}

// publish publishes the first rows, and returns when they have left the outbox. It reports whether there
// may be more.
func (es *events) publish(ctx context.Context) (more bool, err error) {
	es.mu.Lock()
	defer es.mu.Unlock()
	rows, err := es.index.Outbox(index.EventOutbox, 0, 0, outboxBatch)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	ctx, done := lasting(ctx)
	defer done()
	acks := make([]jetstream.PubAckFuture, len(rows))
	for i, row := range rows {
		if acks[i], err = es.send(ctx, row); err != nil {
			return false, err
		}
	}
	for i, ack := range acks {
		err := awaitAck(ctx, ack)
		if isTooLarge(err) {
			err = es.sendShorter(ctx, rows[i], err)
		}
		if err != nil {
			return false, err
		}
	}
	last := rows[len(rows)-1]
	if err := es.recordPublished(ctx, last.Seq, last.Index); err != nil {
		return false, err
	}
	es.metrics.events.Add(float64(len(rows)))
	return len(rows) == outboxBatch, nil
}

// send publishes a row, and does not wait for the acknowledgement. What can never be published is
// dropped, so that it does not hold up what comes behind it.
func (es *events) send(ctx context.Context, row index.Row) (jetstream.PubAckFuture, error) {
	m, err := eventMessage(row.Body)
	if err != nil {
		es.drop(row, err)
		return nil, nil
	}
	ack, err := es.js.PublishMsgAsync(m)
	if isTooLarge(err) {
		return nil, es.sendShorter(ctx, row, err)
	}
	return ack, err
}

// sendShorter publishes an event that is too large without some of its message_ids. If that does not
// suffice the event is dropped.
func (es *events) sendShorter(ctx context.Context, row index.Row, tooLarge error) error {
	m, err := eventMessage(row.Body)
	if err == nil {
		err = publishShorter(m, tooLarge, func(m *nats.Msg) error {
			_, err := es.js.PublishMsg(ctx, m)
			return err
		})
	}
	if isTooLarge(err) {
		es.drop(row, err)
		return nil
	}
	return err
}

// drop logs that an event is dropped.
func (es *events) drop(row index.Row, cause error) {
	var ev named
	_ = json.Unmarshal(row.Body, &ev) // what can be read names it
	es.log.Error("event cannot be published, and is dropped", "account", ev.Account, "event", ev.Event, "record", row.Seq, "octets", len(row.Body), "error", cause)
}

// errDown is of a log that does not take a record now.
var errDown = errors.New("ledger is down")

// recordPublished records that the events up to one are in the stream.
func (es *events) recordPublished(ctx context.Context, seq, index uint64) error {
	v := es.ledger.Submit(ctx, journal.KindPublished, func(dst []byte) []byte { return journal.AppendPublished(dst, seq, index) })
	if !v.IsAccepted() {
		return errDown
	}
	return nil
}

func eventMessage(row []byte) (*nats.Msg, error) {
	var ev named
	if err := json.Unmarshal(row, &ev); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	ev.restore()
	m := nats.NewMsg(eventsSubject + accountToken(ev.Account))
	m.Data = row
	m.Header.Set(nats.MsgIdHdr, ev.Event)
	return m, nil
}
