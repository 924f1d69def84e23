package feedback

import (
	"context"
	"encoding/json"
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
	for wait := 50 * time.Millisecond; ; {
		began := time.Now()
		err := a.take(ctx)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > time.Minute {
			wait = 50 * time.Millisecond
		}
		a.log.Warn("feedback cannot be taken from its queue", "account", a.name, "error", err)
		backoff.Sleep(ctx, backoff.Jitter(wait))
		wait = min(2*wait, 5*time.Second)
	}
	a.giveBack(context.WithoutCancel(ctx))
}

// take takes feedback from the queue until ctx ends or the queue is lost. The consumer
// is made again each time: its state is in the server's memory only, what is not
// acknowledged stays in the stream.
func (a *account) take(ctx context.Context) error {
	c, err := a.js.CreateOrUpdateConsumer(ctx, queueStream, jetstream.ConsumerConfig{
		Durable:           a.token,
		FilterSubject:     queueSubject + a.token,
		AckPolicy:         jetstream.AckExplicitPolicy,
		AckWait:           a.delivery.TellTimeout + tellMargin,
		MaxAckPending:     maxHeld,
		InactiveThreshold: consumerAge,
		Description:       consumerNote,
		MemoryStorage:     true,
	})
	if err != nil {
		return fmt.Errorf("make consumer: %w", err)
	}
	info := c.CachedInfo()
	a.change(func(o *schedule) {
		o.await(info.Delivered.Stream, info.NumAckPending, time.Now().Add(info.Config.AckWait+time.Second))
	})
	messages, err := c.Messages(jetstream.PullMaxMessages(maxHeld), jetstream.PullHeartbeat(2*time.Second))
	if err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var beat sync.WaitGroup
	beat.Go(func() { a.heartbeat(ctx) })
	defer beat.Wait()
	defer cancel()
	// What is in the iterator when the session ends has to be given back, too.
	defer context.AfterFunc(ctx, messages.Drain)()
	for {
		m, err := messages.Next()
		if err != nil {
			messages.Drain()
			return fmt.Errorf("consume: %w", err)
		}
		if err := a.hold(m); err != nil {
			a.log.Error("feedback cannot be read", "account", a.name, "error", err)
		}
	}
}

// hold adds a message to the feedback that is to be delivered.
func (a *account) hold(m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return err
	}
	fb := new(message.Feedback)
	if err := json.Unmarshal(m.Data(), fb); err != nil {
		return errors.Join(err, m.TermWithReason("malformed"))
	}
	seq, wait := meta.Sequence.Stream, a.receiptWait(fb)
	settle := func(jetstream.Msg) error { return nil }
	a.change(func(o *schedule) {
		if again := o.settled[seq]; again != nil {
			o.arrived(seq)
			settle = again
			return
		}
		if a.erasures.covers(fb) {
			o.arrived(seq)
			settle = jetstream.Msg.Term
			return
		}
		h := o.add(seq, m, fb, meta.Timestamp)
		if wait > 0 && h.tries == 0 && !h.telling {
			h.await(fb.ReceivedAt.Add(wait))
		}
	})
	if wait > 0 {
		a.lookForReceipt(fb) // now that nothing is missed
	}
	return settle(m)
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
// delivered, in order.
func (a *account) giveBack(ctx context.Context) {
	for {
		a.mu.Lock()
		telling, changed, all := a.schedule.telling, a.changed, a.schedule.all()
		a.mu.Unlock()
		if telling > 0 {
			<-changed
			continue
		}
		a.nak(ctx, all)
		return
	}
}

// nak gives messages back, and returns when the server has taken them: the next session
// is to find them among those that come again.
func (a *account) nak(ctx context.Context, all []*held) {
	for i, h := range all {
		if i < len(all)-1 {
			_ = h.msg.Nak() // without it the message comes again later
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_, _ = a.js.Conn().RequestWithContext(ctx, h.msg.Reply(), []byte("-NAK")) // the same
	}
}

// receiptWait returns how long a feedback waits for the SMSC's receipt of its message; 0 if it does
// not wait.
func (a *account) receiptWait(fb *message.Feedback) time.Duration {
	if !fb.ReceiptPending {
		return 0
	}
	return a.settings.Load().account(a.name).AfterReceipt
}

// lookForReceipt releases a feedback if the receipt has passed since it was published.
func (a *account) lookForReceipt(fb *message.Feedback) {
	c := fb.Conversation()
	f, err := a.index.FindNumber(&c, fb.Number, message.DayOf(fb.SubmittedAt.UnixMilli()))
	if err == nil && f != nil && !f.Entry.AwaitsReceipt() {
		a.change(func(o *schedule) { o.passed(c, fb.Number) })
	}
}
