package relay

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/index"
	"readback/relay/message"
)

// feedback delivers to accounts in order, retries or gives up. What the index says of a read
// goes from the outbox to the queue of its account, and from there to the account's sessions.
type feedback struct {
	*feedbackShared
	*accounts     // Deliver, DeliverWaiting
	*deadLetters  // Dead, Replay, Drop
	*heldReceipts // HoldReceipt
	*sweeper      // Queues
	outbox        *outbox
	events        *events
	erasures      *erasures
}

// feedbackConfig is what feedback is made with.
type feedbackConfig struct {
	Settings FeedbackSettings
	Delivery DeliveryOptions
	Replicas int // of the streams

	index   *index.Index
	ledger  *Ledger
	up      func() bool     // reports whether the ledger is up
	begun   <-chan struct{} // closed when the streams are there
	metrics *feedbackMetrics
	log     *slog.Logger
}

// feedbackShared is what all parts of feedback use.
type feedbackShared struct {
	delivery DeliveryOptions
	replicas int
	index    *index.Index
	ledger   *Ledger
	up       func() bool
	begun    <-chan struct{}
	metrics  *feedbackMetrics
	log      *slog.Logger
	settings atomic.Pointer[FeedbackSettings]

	js jetstream.JetStream // set by connect, before up reports true and begun is closed
}

func newFeedbackService(c *feedbackConfig) *feedback {
	s := &feedbackShared{
		delivery: c.Delivery, replicas: c.Replicas, index: c.index, ledger: c.ledger,
		up: c.up, begun: c.begun, metrics: c.metrics, log: c.log,
	}
	s.settings.Store(&c.Settings)
	w := new(waiting)
	dead := &deadLetters{feedbackShared: s, waiting: w}
	erased := newErasures(s)
	f := &feedback{
		feedbackShared: s,
		accounts:       &accounts{feedbackShared: s, waiting: w, dead: dead, erasures: erased},
		deadLetters:    dead,
		heldReceipts:   &heldReceipts{feedbackShared: s, waiting: w, dead: dead},
		outbox:         newOutbox(s, w),
		events:         newEvents(s),
		erasures:       erased,
	}
	f.sweeper = &sweeper{feedbackShared: s, accounts: f.accounts, waiting: w, dead: dead, events: f.events}
	return f
}

// connect gives feedback the JetStream that has its streams. It is called once, before up
// reports true and begun is closed.
func (f *feedback) connect(js jetstream.JetStream) { f.js = js }

// use puts other settings in force.
func (f *feedback) use(s FeedbackSettings) {
	f.settings.Store(&s)
	f.accounts.wake()
	f.accounts.waiting.wake()
}

// run does all that needs no session until ctx ends.
func (f *feedback) run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, run := range []func(context.Context){f.outbox.run, f.events.run, f.sweeper.run, f.heldReceipts.run} {
		wg.Go(func() { run(ctx) })
	}
	wg.Wait()
}

// stop ends all deliveries, and returns when the queues have got back what was not told.
func (f *feedback) stop() { f.accounts.stop() }

// countOutbox counts what is in the outbox before the ledger is up.
func (f *feedback) countOutbox() error {
	rows, err := f.index.OutboxRows()
	if err != nil {
		return err
	}
	f.metrics.outbox.Set(float64(rows))
	return nil
}

// applied passes on what a batch of the log came to.
func (f *feedback) applied(res *index.Result) {
	f.metrics.outbox.Add(float64(res.Added - res.Taken))
	if res.Added > 0 {
		f.outbox.notify()
	}
	for _, passed := range res.ReceiptPassed {
		f.accounts.receiptPassed(passed)
	}
	if res.Events {
		f.events.notify()
	}
}

// pause returns when nothing is on its way from the outboxes to the queues and the event
// stream. Nothing is until resume is called.
func (f *feedback) pause() (resume func()) {
	f.outbox.mu.Lock()
	f.events.mu.Lock()
	return func() {
		f.events.mu.Unlock()
		f.outbox.mu.Unlock()
	}
}

// erase removes all feedback, dead letters, events and held receipts about a receiver that came
// until now. On an error, which it logs, some are left.
func (f *feedback) erase(ctx context.Context, receiver message.Addr, now time.Time) error {
	f.erasures.note(receiver, now)
	for _, stream := range []string{streamHeld, streamFeedback, streamDead, streamEvents} {
		if err := f.erasures.purge(ctx, stream, receiver); err != nil {
			f.log.Warn("feedback cannot be erased", "stream", stream, "error", err)
			return err
		}
	}
	f.accounts.erase()
	return nil
}
