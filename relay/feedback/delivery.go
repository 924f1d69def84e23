package feedback

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/backoff"
	"readback/internal/crash"
	"readback/relay/index"
	"readback/relay/message"
)

// ErrNoMore is the cause with which a caller cancels the context of Deliver to let the deliveries at
// work come to their end. Otherwise they would be cancelled, and repeated by the next session.
var ErrNoMore = errors.New("no more is to be told here")

// ErrStopped says that the service has stopped.
var ErrStopped = errors.New("ledger has stopped")

// Deliver calls tell with the feedback of an account until ctx ends. Several sessions of one account
// may be registered at once. Each feedback goes to one of them: to the one that Sent has named, if that is
// there and answers, else to any. The feedback of one conversation goes out in order. id is the session
// that Sent may name; zero: it is none. Deliver waits for NATS as long as it has to, and returns when the
// last tell has returned.
//
// It returns nil when ctx has ended, and ErrStopped when the service has stopped.
func (s *accounts) Deliver(ctx context.Context, account string, id message.Session, tell message.Teller) error {
	defer crash.OnPanic()
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	telling, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer context.AfterFunc(both, func() {
		if !errors.Is(context.Cause(both), ErrNoMore) {
			cut()
		}
	})()
	own := &session{id: id, stop: func() { cancel(); cut() }, changed: make(chan struct{}, 1)}
	a, err := s.join(account, own)
	if err != nil {
		return err
	}
	defer s.leave(a, own)

	var tells sync.WaitGroup
	for h := a.next(both, own); h != nil; h = a.next(both, own) {
		tells.Go(func() { // and goes on with what is due then, which costs less than another goroutine
			for next := h; next != nil; next = a.another(both, own) {
				a.deliver(telling, next, tell)
			}
		})
	}
	a.change(func(o *schedule) {
		delete(o.sessions, id) // others get what is for it
		delete(a.waiting, own)
	})
	tells.Wait()
	if ctx.Err() == nil {
		return ErrStopped
	}
	return nil
}

// account is the delivery of one account's feedback to its sessions.
type account struct {
	*shared
	senders  *senders
	dead     *deadLetters
	erasures *erasures
	name     string
	token    string
	finished chan struct{} // closed when run has returned

	// Guarded by accounts.mu.
	sessions map[*session]bool
	stop     context.CancelFunc // of run
	stopped  bool               // by the last session that left, or with the relay

	// Guarded by mu.
	mu       sync.Mutex
	schedule *schedule
	acked    string            // reply subject of the message that was settled last
	waiting  map[*session]bool // those that deliver, and are awakened when there may be something to deliver
	idle     chan struct{}     // has a value when nothing is being delivered any more
}

// upCheck is how often a session that has feedback looks whether the ledger is up again.
const upCheck = 100 * time.Millisecond

// next waits for a feedback to deliver, and returns it; nil when ctx has ended. While the ledger is down
// it begins none: neither the queue nor the log would know that it was delivered, and after a restart it
// would be delivered again.
func (a *account) next(ctx context.Context, own *session) *held {
	for ctx.Err() == nil {
		now := time.Now()
		h, again := (*held)(nil), now.Add(upCheck)
		up := a.ledger.IsUp()
		a.mu.Lock()
		if up {
			h, again = a.schedule.next(now, own)
		}
		own.full = h == nil && own.telling >= a.schedule.limits.most
		a.mu.Unlock()
		if h != nil {
			return h
		}
		var due <-chan time.Time
		if !again.IsZero() {
			due = time.After(time.Until(again))
		}
		select {
		case <-own.changed:
		case <-due:
		case <-ctx.Done():
		}
	}
	return nil
}

// deliver delivers a feedback to the ESME with a session, and settles it by the result.
func (a *account) deliver(ctx context.Context, h *held, tell message.Teller) {
	limit, cancel := context.WithTimeout(ctx, a.delivery.TellTimeout)
	defer cancel()
	about, by := a.lookUpMessage(h.fb), h.by.id
	var err error
	outcome := "dead"
	switch {
	case a.settings.Load().account(a.name).tooLate(h.fb):
		a.settled(h, "superseded")
		return
	case a.wasDelivered(h.fb, about):
		a.settled(h, "repeated")
		return
	case a.expired(h.at, time.Now()):
		err, outcome = errExpired, "expired"
	default:
		err = tell(limit, h.fb)
		a.noteAnswer(h, !message.IsUnanswered(err))
		err = h.count(err)
	}
	switch {
	case err == nil:
		a.settled(h, "delivered")
		a.recordReported(about, by)
	case a.erasures.covers(h.fb):
		a.settled(h, "erased")
	case message.IsPermanent(err):
		if failed := a.giveUp(ctx, h, err); failed != nil {
			a.log.Warn("dead letter cannot be stored", "account", a.name, "error", failed)
			a.retry(h, err)
			return
		}
		a.settled(h, outcome)
	case ctx.Err() != nil: // the session has ended: another one tells it
		a.change(func(o *schedule) { o.later(h, time.Time{}) })
	default:
		a.retry(h, err)
	}
}

// noteAnswer notes whether the session that was to deliver h has answered. If it has not, other sessions
// get what is for it, for restTime or until it answers another feedback.
func (a *account) noteAnswer(h *held, answered bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !h.by.rests.IsZero() {
		h.by.wake()
	}
	h.by.rests = time.Time{}
	if !answered {
		h.by.rests = time.Now().Add(restTime)
	}
}

// wasDelivered reports whether an ESME has acknowledged the feedback on a message before: this session knows, or the log.
// Such a feedback is in the queue if the acknowledgement to the queue was lost, or if it was published
// again when the queue did not know its id any more.
func (a *account) wasDelivered(fb *message.Feedback, about *index.Found) bool {
	a.mu.Lock()
	delivered := a.schedule.delivered[fb.Event]
	a.mu.Unlock()
	return delivered || about != nil && about.Entry.ReportedAt != 0
}

// count counts an error that the Teller allows a number of, and makes the last one permanent.
func (h *held) count(err error) error {
	most := message.Most(err)
	if most == 0 {
		return err
	}
	if h.counted++; h.counted >= most {
		return message.Permanent(err)
	}
	return err
}

// settled takes a feedback out of the queue.
func (a *account) settled(h *held, outcome string) {
	a.metrics.outcomes.WithLabelValues(outcome).Inc()
	settle := jetstream.Msg.Term
	if h.delivered = outcome == "delivered"; h.delivered {
		settle = jetstream.Msg.Ack
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_ = settle(h.msg) // when this is lost it comes again, and is settled then
	a.acked = h.msg.Reply()
	if more := a.schedule.done(h, settle); more {
		a.wakeAll()
	}
	a.noteIdle() // the session itself looks what is next
}

// retry puts a feedback off that was refused for now. It stays with this account's sessions, so that
// no later feedback of its conversation overtakes it.
func (a *account) retry(h *held, err error) {
	a.metrics.outcomes.WithLabelValues("retried").Inc()
	steps := a.delivery.Backoff
	wait := max(backoff.Jitter(steps[min(h.tries, len(steps)-1)]), message.RetryAfter(err))
	a.log.Info("feedback is told again later", append([]any{
		"account", a.name, "event", h.fb.Event, "tries", h.tries + 1, "wait", wait, "error", err,
	}, about(h.fb)...)...)
	a.change(func(o *schedule) {
		h.tries++
		o.later(h, time.Now().Add(wait))
	})
}

// giveUp makes a dead letter of a feedback.
func (a *account) giveUp(ctx context.Context, h *held, cause error) error {
	// A session that ends must not lose what its ESME has said.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return a.dead.store(ctx, &letter{account: a.name, event: h.fb.Event, data: h.msg.Data(), seq: h.seq, tries: h.tries}, cause)
}
