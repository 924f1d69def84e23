// Package feedback delivers feedback to the accounts, in order. It retries what an account refuses for
// now, and makes a dead letter of what it refuses for good or what has waited too long. It also
// publishes the events of messages, and holds delivery receipts whose place a read response may take.
//
// Feedback is in the outbox of the index first. The outbox moves it to a stream, which has a queue for
// each account. The sessions of the account take it from there. The package learns from the log what
// there is to deliver, and records in the log what was delivered, through the functions of Ledger.
package feedback

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// Service delivers to accounts in order, retries or gives up. Feedback goes from the outbox in the
// index to the queue of its account, and from there to the account's sessions.
type Service struct {
	*shared
	*accounts     // Deliver, DeliverWaiting, Sent
	*deadLetters  // DeadLetters, Replay, Drop
	*heldReceipts // HoldReceipt
	*sweeper      // Queues
	outbox        *outbox
	events        *events
	erasures      *erasures
}

// Config is what feedback is made with.
type Config struct {
	Settings Settings
	Delivery DeliveryOptions
	Replicas int // of the streams

	Index   *index.Index
	Ledger  Ledger
	Begun   <-chan struct{} // closed when the streams are there
	Metrics *Metrics
	Log     *slog.Logger
}

// Ledger is what feedback uses of the ledger.
type Ledger struct {
	// IsUp reports whether records get into the log.
	IsUp func() bool
	// Enqueue adds a record to the log, and does not wait for it. It returns an error if there is
	// no room.
	Enqueue func(k journal.Kind, appendTo func(dst []byte) []byte) error
	// Submit adds a record to the log, and waits for what it comes to.
	Submit func(ctx context.Context, k journal.Kind, appendTo func(dst []byte) []byte) message.Verdict
	// IsSending reports whether a message of the conversation may be on its way to the index.
	IsSending func(c *message.Conversation) bool
	// FindMessage returns where the message of the account stands that a receipt with this message_id
	// and these addresses is about, and which part of it that is; nil when there is none.
	FindMessage func(account string, c *message.Conversation, messageID []byte) (*journal.Place, uint8, error)
}

// shared is what all parts of feedback use.
type shared struct {
	delivery DeliveryOptions
	replicas int
	index    *index.Index
	ledger   Ledger
	begun    <-chan struct{}
	metrics  *Metrics
	log      *slog.Logger
	settings atomic.Pointer[Settings]
	renewals *renewals
	remaking sync.Mutex // held while streams that are gone are made again

	unflushed atomic.Bool // the queue did not answer when a session ended, the last time

	js jetstream.JetStream // set by Connect, before the ledger is up and begun is closed
}

// New returns a service that is not connected yet.
func New(c *Config) *Service {
	s := &shared{
		delivery: c.Delivery, replicas: c.Replicas, index: c.Index, ledger: c.Ledger,
		begun: c.Begun, metrics: c.Metrics, log: c.Log, renewals: newRenewals(),
	}
	s.settings.Store(&c.Settings)
	w := new(waiting)
	dead := &deadLetters{shared: s, waiting: w}
	erased := newErasures(s)
	f := &Service{
		shared:       s,
		accounts:     &accounts{shared: s, senders: newSenders(), waiting: w, dead: dead, erasures: erased},
		deadLetters:  dead,
		heldReceipts: newHeldReceipts(s, w, dead),
		outbox:       newOutbox(s, w, dead),
		events:       newEvents(s),
		erasures:     erased,
	}
	f.sweeper = &sweeper{shared: s, accounts: f.accounts, waiting: w, dead: dead, events: f.events}
	return f
}

// Connected says that the connection to NATS is there, for the first time or again. It does not wait.
func (f *Service) Connected() { f.renewals.announce() }

// Use puts other settings in force.
func (f *Service) Use(s Settings) {
	f.settings.Store(&s)
	f.accounts.wake()
	f.accounts.waiting.wake()
	f.heldReceipts.wake()
}

// Run publishes feedback and events, sweeps the queues and releases held receipts until ctx ends.
func (f *Service) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, run := range []func(context.Context){f.outbox.run, f.events.run, f.sweeper.run, f.heldReceipts.run} {
		wg.Go(func() { run(ctx) })
	}
	wg.Wait()
}

// Stop ends all deliveries, and returns when the feedback that was not delivered is back in its queue.
func (f *Service) Stop() { f.accounts.stop() }

// CountOutbox counts what is in the outbox before the ledger is up.
func (f *Service) CountOutbox() error {
	rows, err := f.index.OutboxRows()
	if err != nil {
		return err
	}
	f.metrics.outbox.Set(float64(rows))
	return nil
}

// Applied counts what a batch of the log changed in the index, and wakes the publishers and sessions
// that wait for it.
func (f *Service) Applied(res *index.Result) {
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

// WhilePaused calls do when nothing is on its way from the outboxes to the queues and the event
// stream, and lets nothing begin until do has returned.
func (f *Service) WhilePaused(do func()) {
	f.outbox.mu.Lock()
	defer f.outbox.mu.Unlock()
	f.events.mu.Lock()
	defer f.events.mu.Unlock()
	do()
}

// WantsEvents reports whether events are published of an account's messages.
func (f *Service) WantsEvents(account []byte) bool { return f.events.wanted(account) }

// Erase removes all feedback, dead letters, events and held receipts about a receiver that came
// until now. On an error, which it logs, some are left.
func (f *Service) Erase(ctx context.Context, receiver message.Addr, now time.Time) error {
	f.erasures.note(receiver, now)
	for _, stream := range []string{heldStream, queueStream, deadStream, eventsStream} {
		if err := f.erasures.purge(ctx, stream, receiver); err != nil {
			f.log.Warn("feedback cannot be erased", "stream", stream, "error", err)
			return err
		}
	}
	f.accounts.erase()
	f.heldReceipts.wake()
	return nil
}
