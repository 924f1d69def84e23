package feedback

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/backoff"
	"readback/relay/message"
)

// Bounds of what is held of an account's queue.
const (
	maxHeld     = 1024
	tellMargin  = 5 * time.Second // beyond the tell timeout, before the queue sends a feedback again
	consumerAge = 24 * time.Hour  // of a consumer that nobody asks any more
)

// consumerNote tells a consumer of ours from those of others on the same stream.
const consumerNote = "readback: sessions of the account"

// run takes the account's feedback from its queue until the last session has left, and gives back
// what was not delivered. It goes on when NATS was away.
func (a *account) run(ctx context.Context) {
	defer close(a.finished)
	select {
	case <-a.begun:
	case <-ctx.Done():
		return
	}
	failed := backoff.Complaint{Log: a.log.With("account", a.name), What: "feedback cannot be taken from its queue"}
	a.renewals.repeat(ctx, &failed, nil, func(ctx context.Context) (bool, error) {
		return true, a.remake(ctx, a.take(ctx, &failed))
	})
	a.giveBack(context.WithoutCancel(ctx))
}

// take takes feedback from the queue until ctx ends or the queue is lost.
func (a *account) take(ctx context.Context, failed *backoff.Complaint) error {
	c, err := a.newConsumer(ctx)
	if err != nil {
		return fmt.Errorf("make consumer: %w", err)
	}
	failed.About(nil)
	messages, err := c.Messages(jetstream.PullMaxMessages(maxHeld), jetstream.PullHeartbeat(2*time.Second))
	if err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var beat sync.WaitGroup
	beat.Go(func() { a.heartbeat(ctx) })
	defer beat.Wait()
	defer cancel()
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("consume: %w", err)
		}
		if err := a.hold(m); err != nil {
			a.log.Error("feedback cannot be read", "account", a.name, "error", err)
		}
	}
}

// newConsumer makes the consumer by which the sessions of the account take its feedback. It replaces
// the consumer of an earlier session, process or connection: that one would hold back for AckWait what
// it has handed out. A new one hands out all that is not settled, at once and in order.
func (a *account) newConsumer(ctx context.Context) (jetstream.Consumer, error) {
	config := jetstream.ConsumerConfig{
		Durable:           a.token,
		FilterSubject:     queueSubject + a.token,
		AckPolicy:         jetstream.AckExplicitPolicy,
		AckWait:           a.delivery.TellTimeout + tellMargin,
		MaxAckPending:     maxHeld,
		InactiveThreshold: consumerAge,
		Description:       consumerNote,
		MemoryStorage:     true, // what is not acknowledged stays in the stream
	}
	stream, err := a.js.Stream(ctx, queueStream)
	if err != nil {
		return nil, err
	}
	a.change(func(o *schedule) { o.attach(stream.CachedInfo()) })
	c, err := stream.CreateOrUpdateConsumer(ctx, config)
	if err != nil || c.CachedInfo().Delivered.Consumer == 0 {
		return c, err
	}
	if err := stream.DeleteConsumer(ctx, a.token); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil, err
	}
	return stream.CreateOrUpdateConsumer(ctx, config)
}

// hold adds a message to the feedback that is to be delivered.
func (a *account) hold(m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return err
	}
	fb := new(message.Feedback)
	if err := fb.UnmarshalJSON(m.Data()); err != nil { // json.Unmarshal would go through it twice
		return errors.Join(err, a.giveUpMalformed(m, meta.Sequence.Stream, err))
	}
	wait := a.receiptWait(fb)
	settle := a.admit(m, meta, fb, wait)
	if wait > 0 {
		a.lookForReceipt(fb) // now that nothing is missed
	}
	if settle == nil {
		return nil
	}
	return settle(m)
}

// admit adds a feedback to those that are to be delivered, when it has waited for its receipt, and returns nil.
// If it is not to be delivered, admit returns how its message is to be settled.
func (a *account) admit(m jetstream.Msg, meta *jetstream.MsgMetadata, fb *message.Feedback, wait time.Duration) (settle func(jetstream.Msg) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	seq := a.schedule.incarnation.sequence(meta.Sequence.Stream)
	if again := a.schedule.settled[seq]; again != nil {
		a.acked = m.Reply()
		return again
	}
	if a.erasures.covers(fb) {
		return jetstream.Msg.Term
	}
	h := a.schedule.add(seq, m, fb, meta.Timestamp)
	h.prefers = a.senders.of(&h.conv, fb.Number)
	if wait > 0 && h.tries == 0 && h.by == nil {
		h.await(fb.ReceivedAt.Add(wait))
	}
	a.wakeFor(h)
	return nil
}

// giveUpMalformed makes a dead letter of a message that is no feedback. It comes again if it cannot be
// stored now.
func (a *account) giveUpMalformed(m jetstream.Msg, seq uint64, cause error) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := a.dead.store(ctx, &letter{account: a.name, data: m.Data(), seq: seq}, cause); err != nil {
		return err
	}
	a.metrics.outcomes.WithLabelValues("dead").Inc()
	return m.Term()
}

// heartbeat keeps the server from sending again what is held.
func (a *account) heartbeat(ctx context.Context) {
	t := time.NewTicker((a.delivery.TellTimeout + tellMargin) / 3)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		a.mu.Lock()
		for _, h := range a.schedule.held {
			_ = h.msg.InProgress() // what is lost comes again
		}
		a.mu.Unlock()
	}
}

// giveBack waits until nothing is being delivered any more, and returns to the queue what was not
// delivered, in order. It returns when the server has processed the acknowledgements.
func (a *account) giveBack(ctx context.Context) {
	for {
		a.mu.Lock()
		telling, all, acked := a.schedule.telling, a.schedule.all(), a.acked
		a.mu.Unlock()
		if telling > 0 {
			<-a.idle
			continue
		}
		for _, h := range all {
			_ = h.msg.Nak() // without it the message comes again later
		}
		a.flush(ctx, acked)
		return
	}
}

// flush acknowledges once more the feedback that was settled last, the one with that reply subject, and
// returns when the server has answered, or after stopTime. The server processes the acknowledgements of
// a consumer in order, and forgets those that wait when it stops: that feedback would be sent again.
func (a *account) flush(ctx context.Context, acked string) {
	if acked == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	_, err := a.js.Conn().RequestWithContext(ctx, acked, []byte("+ACK"))
	if failed := err != nil; a.unflushed.Swap(failed) != failed && failed { // a line for all accounts
		a.log.Warn("feedback that was delivered may be sent again: the queue does not answer", "account", a.name, "error", err)
	}
}

// receiptWait returns how long a feedback waits for the SMSC's receipt of its message; 0 if it does
// not wait.
func (a *account) receiptWait(fb *message.Feedback) time.Duration {
	s := a.settings.Load().account(a.name)
	if !fb.ReceiptPending || s.holds(fb) {
		return 0
	}
	return s.AfterReceipt
}

// lookForReceipt releases a feedback if the ESME has answered the receipt since it was published.
func (a *account) lookForReceipt(fb *message.Feedback) {
	f, err := a.index.FindFeedback(fb)
	if err == nil && f != nil && !f.Entry.AwaitsReceipt() {
		c := fb.Conversation()
		a.change(func(o *schedule) { o.passed(c, fb.Number, a.senders.of(&c, fb.Number)) })
	}
}
