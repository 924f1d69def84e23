package feedback

import (
	"context"
	"sync"

	"readback/relay/message"
)

// waiting has the accounts with feedback in their queues, as far as it is known.
type waiting struct {
	mu      sync.Mutex
	round   uint64            // of the sweep
	all     map[string]uint64 // guarded by mu: the round in which it was last seen
	changed chan struct{}     // guarded by mu: closed at the next change
}

// add notes that something was published for an account.
func (w *waiting) add(account string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, known := w.all[account]
	if w.all == nil {
		w.all = make(map[string]uint64)
	}
	w.all[account] = w.round
	if !known {
		w.announce()
	}
}

// begin starts a round: what is added from now on is newer than what it finds.
func (w *waiting) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.round++
}

// end brings in what a round has found: accounts that were neither found nor added since
// have nothing waiting.
func (w *waiting) end(found []string) {
	for _, account := range found {
		w.add(account)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for account, round := range w.all {
		if round < w.round {
			delete(w.all, account)
			w.announce()
		}
	}
}

// wake closes the channel that get returned, although the accounts are the same.
func (w *waiting) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.announce()
}

// announce closes the channel that get returned. It is called with mu held.
func (w *waiting) announce() {
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// get returns the accounts, and a channel that is closed when they, or the settings, have
// changed.
func (w *waiting) get() (accounts map[string]bool, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	accounts = make(map[string]bool, len(w.all))
	for account := range w.all {
		accounts[account] = true
	}
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	return accounts, w.changed
}

// DeliverWaiting calls tell, as Deliver does, with the feedback of every account that has some in its
// queue and for which wanted is true. It asks wanted again when something is published, when an
// account's queue is empty, and at Use. It returns when ctx has ended and the last tell has returned; the
// context of a tell at work ends stopTime after ctx.
func (s *accounts) DeliverWaiting(ctx context.Context, wanted func(account string) bool, tell message.Teller) {
	last, end := lasting(ctx)
	defer end()
	bounded := func(ctx context.Context, fb *message.Feedback) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(last, cancel)()
		return tell(ctx, fb)
	}
	var deliveries sync.WaitGroup
	defer deliveries.Wait()
	running := make(map[string]context.CancelCauseFunc)
	for ctx.Err() == nil {
		accounts, changed := s.waiting.get()
		for account, stop := range running {
			if !accounts[account] || !wanted(account) {
				stop(ErrNoMore)
				delete(running, account)
			}
		}
		for account := range accounts {
			if running[account] != nil || !wanted(account) {
				continue
			}
			one, stop := context.WithCancelCause(last)
			running[account] = stop
			deliveries.Go(func() {
				if err := s.Deliver(one, account, 0, bounded); err != nil {
					s.log.Info("feedback stopped", "account", account, "reason", err)
				}
			})
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	for _, stop := range running {
		stop(ErrNoMore)
	}
}
