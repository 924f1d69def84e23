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
	"readback/relay/message"
)

// outboxBatch is how many feedbacks are on their way to the queue at once.
const outboxBatch = 256

// idLen is how much of an event, from its end, is the id by which the queue knows a feedback again.
const idLen = 16

// outbox moves feedback from the index to the queues of its accounts.
type outbox struct {
	*shared
	waiting *waiting
	dead    *deadLetters
	added   chan struct{} // there is something in the outbox

	mu       sync.Mutex // held while feedback goes from the outbox to its queue
	seq, row uint64     // guarded by mu: how far the outbox is published
	full     fullQueue  // guarded by mu
}

func newOutbox(s *shared, w *waiting, dead *deadLetters) *outbox {
	return &outbox{shared: s, waiting: w, dead: dead, added: make(chan struct{}, 1)}
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
	o.renewals.repeat(ctx, &failed, o.added, func(ctx context.Context) (bool, error) {
		more, err := o.publish(ctx)
		return more, o.remake(ctx, err)
	})
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
	ctx, done := lasting(ctx)
	defer done()
	all := make([]publication, len(rows))
	for i, row := range rows {
		if all[i], err = o.send(ctx, row); err != nil {
			return false, o.restart(err)
		}
	}
	for i := range all {
		if err := o.await(ctx, &all[i]); err != nil {
			return false, o.restart(err)
		}
		if err := o.recordFed(ctx, rows[i], all[i].outcome); err != nil {
			return false, err
		}
	}
	return len(rows) == outboxBatch, nil
}

// publication is a row of the outbox on its way to its queue.
type publication struct {
	feedback *queued
	ack      jetstream.PubAckFuture // nil: it is not waited for
	outcome  string
}

// send publishes a row, and does not wait for the acknowledgement. What can never be published is a dead
// letter, so that it does not hold up what comes behind it.
func (o *outbox) send(ctx context.Context, row index.Row) (publication, error) {
	q, err := feedbackMessage(row)
	if err != nil {
		return publication{q, nil, "dead"}, o.giveUp(ctx, q, err)
	}
	if o.settings.Load().account(q.account).Quiet {
		return publication{q, nil, "off"}, nil
	}
	ack, err := o.js.PublishMsgAsync(q.Msg)
	o.waiting.add(q.account)
	if isTooLarge(err) {
		outcome, err := o.sendShorter(ctx, q, err)
		return publication{q, nil, outcome}, err
	}
	return publication{q, ack, "published"}, err
}

// await waits until a feedback is in its queue.
func (o *outbox) await(ctx context.Context, p *publication) error {
	err := awaitAck(ctx, p.ack)
	switch {
	case isTooLarge(err):
		p.outcome, err = o.sendShorter(ctx, p.feedback, err)
	case isFull(err):
		p.outcome, err = o.publishInRoom(ctx, p.feedback)
	}
	return err
}

// sendShorter publishes a feedback that is too large without some of its message_ids. If that does not
// suffice the feedback is a dead letter.
func (o *outbox) sendShorter(ctx context.Context, q *queued, tooLarge error) (outcome string, err error) {
	octets := len(q.Data)
	err = publishShorter(q.Msg, tooLarge, func(m *nats.Msg) error {
		_, err := o.js.PublishMsg(ctx, m)
		return err
	})
	switch {
	case err == nil:
		o.log.Warn("feedback is too large, and goes without its last message_ids", "account", q.account, "event", q.event, "octets", octets)
		return "published", nil
	case isTooLarge(err):
		return "dead", o.giveUp(ctx, q, err)
	}
	return "", err
}

// giveUp makes a dead letter of a feedback that can never be published.
func (o *outbox) giveUp(ctx context.Context, q *queued, cause error) error {
	o.log.Error("feedback cannot be published at all", append([]any{
		"account", q.account, "event", q.event, "read", q.row.Seq, "octets", len(q.row.Body), "error", cause,
	}, aboutOctets(q.row.Body)...)...)
	return o.deadLetter(ctx, q, cause)
}

func (o *outbox) deadLetter(ctx context.Context, q *queued, cause error) error {
	return o.dead.store(ctx, &letter{account: q.account, event: q.event, data: q.row.Body, seq: q.row.Seq}, cause)
}

// awaitAck waits until a message is in its stream. Without ack there is nothing to wait for.
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

// queued is a row of the outbox as a message for the queue of its account.
type queued struct {
	*nats.Msg
	row            index.Row
	account, event string
}

// named is what names a feedback or an event in its JSON.
type named struct {
	Event          string `json:"event"`
	Account        string `json:"account"`
	message.Octets `json:"octets"`
}

func (n *named) restore() { n.Restore(message.Text{Name: "account", S: &n.Account}) }

// errMalformed is of a row that is not the JSON of a feedback.
var errMalformed = errors.New("outbox: malformed feedback")

// feedbackMessage returns a row of the outbox as a message for the queue of its account.
func feedbackMessage(row index.Row) (*queued, error) {
	q := &queued{row: row}
	n, ok := namesIn(row.Body)
	if !ok {
		var err error
		if n, err = decodeNames(row.Body); err != nil {
			return q, err
		}
	}
	q.event, q.account = n.event, n.account
	if len(n.event) < idLen {
		return q, fmt.Errorf("%w: event %q", errMalformed, n.event)
	}
	q.Msg = nats.NewMsg(queueSubject + accountToken(n.account))
	q.Data = row.Body
	// The event without its time: conversation, ordinal and status. After a loss of log and index another
	// message may have the same, so the id has the time of the submission, too.
	q.Header.Set(nats.MsgIdHdr, n.event[len(n.event)-idLen:]+" "+n.submitted)
	return q, nil
}

// decodeNames returns the names in any JSON of a feedback.
func decodeNames(body []byte) (names, error) {
	var fb struct {
		named
		Submitted string `json:"submitted_at"`
	}
	if err := json.Unmarshal(body, &fb); err != nil {
		return names{}, fmt.Errorf("%w: %w", errMalformed, err)
	}
	fb.restore()
	return names{fb.Event, fb.Account, fb.Submitted}, nil
}
