package feedback

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/backoff"
	"readback/relay/index"
	"readback/relay/journal"
)

// outboxBatch is how many feedbacks are on their way to the queue at once.
const outboxBatch = 256

// outbox moves feedback from the index to the queues of its accounts.
type outbox struct {
	*shared
	waiting *waiting
	added   chan struct{} // there is something in the outbox

	mu       sync.Mutex // held while feedback goes from the outbox to its queue
	seq, row uint64     // guarded by mu: how far the outbox is published
}

func newOutbox(s *shared, w *waiting) *outbox {
	return &outbox{shared: s, waiting: w, added: make(chan struct{}, 1)}
}

// notify wakes run, because there is something in the outbox.
func (o *outbox) notify() {
	select {
	case o.added <- struct{}{}:
	default:
	}
}

// run moves feedback from the outbox to its queue, oldest first. What is in the
// queue leaves the outbox by a record in the log; after a crash in between it is
// published again, with the same id.
func (o *outbox) run(ctx context.Context) {
	failed := backoff.Complaint{Log: o.log, What: "feedback cannot be published"}
	o.renewals.repeat(ctx, &failed, o.added, o.publish)
}

// publish publishes the next rows, and reports whether there may be more. After an error the next
// call begins at the start of the outbox again. The queue recognises by its id what it has already.
func (o *outbox) publish(ctx context.Context) (more bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	rows, err := o.index.Outbox(index.FeedbackOutbox, o.seq, o.row, outboxBatch)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	acks := make([]jetstream.PubAckFuture, len(rows))
	for i, row := range rows {
		m, account, err := feedbackMessage(row.Body)
		if err == nil && !o.settings.Load().account(account).Quiet {
			acks[i], err = o.js.PublishMsgAsync(m)
			o.waiting.add(account)
		}
		if err != nil {
			return false, o.restart(err)
		}
	}
	ctx, done := lasting(ctx)
	defer done()
	for i, ack := range acks {
		if err := awaitAck(ctx, ack); err != nil {
			return false, o.restart(err)
		}
		if err := o.recordFed(ctx, rows[i], outcomeOf(ack)); err != nil {
			return false, err
		}
	}
	return len(rows) == outboxBatch, nil
}

// awaitAck waits until a feedback is in its queue; that of a quiet account never is.
func awaitAck(ctx context.Context, ack jetstream.PubAckFuture) error {
	if ack == nil {
		return nil
	}
	select {
	case <-ack.Ok():
		return nil
	case err := <-ack.Err():
		return err
	case <-time.After(5 * time.Second):
		return nats.ErrTimeout
	case <-ctx.Done():
		return ctx.Err()
	}
}

func outcomeOf(ack jetstream.PubAckFuture) string {
	if ack == nil {
		return "off"
	}
	return "published"
}

// restart makes the next publish begin at the start of the outbox.
func (o *outbox) restart(err error) error {
	o.seq, o.row = 0, 0
	return err
}

// recordFed records that a feedback is in its queue.
func (o *outbox) recordFed(ctx context.Context, row index.Row, outcome string) error {
	for {
		if o.ledger.Enqueue(journal.KindFed, func(dst []byte) []byte { return journal.AppendFed(dst, row.Seq, row.Index) }) == nil {
			break
		}
		if backoff.Sleep(ctx, time.Second); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	o.seq, o.row = row.Seq, row.Index
	o.metrics.outcomes.WithLabelValues(outcome).Inc()
	return nil
}

// feedbackMessage returns a row of the outbox as a message for the queue of its account.
func feedbackMessage(row []byte) (m *nats.Msg, account string, err error) {
	var fb struct {
		Event   string `json:"event"`
		Account string `json:"account"`
	}
	if err := json.Unmarshal(row, &fb); err != nil {
		return nil, "", fmt.Errorf("outbox: %w", err)
	}
	m = nats.NewMsg(queueSubject + accountToken(fb.Account))
	m.Data = row
	// The event without its time: conversation, ordinal and status.
	m.Header.Set(nats.MsgIdHdr, fb.Event[len(fb.Event)-16:])
	return m, fb.Account, nil
}
