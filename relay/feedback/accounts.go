package feedback

import (
	"context"
	"fmt"
	"sync"

	"readback/relay/index"
	"readback/relay/journal"
)

// accounts has the accounts with a session.
type accounts struct {
	*shared
	*senders
	waiting  *waiting
	dead     *deadLetters
	erasures *erasures

	// Guarded by mu.
	mu      sync.Mutex
	all     map[string]*account
	stopped bool
}

// errAccount is of an account that has no messages in the ledger: Assign refuses them. In the
// subject of a request it could be longer than a line of NATS's may be, which would end the
// connection of the process.
var errAccount = fmt.Errorf("the name of the account is longer than %d octets", journal.MaxAccount)

// join registers a session of an account. The first one starts taking from the queue,
// once what an earlier one held is back in it.
func (s *accounts) join(name string, own *session) (*account, error) {
	if len(name) > journal.MaxAccount {
		return nil, errAccount
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.stopped {
			return nil, ErrStopped
		}
		a := s.all[name]
		if a == nil {
			a = s.start(name)
		}
		if !a.stopped {
			a.sessions[own] = true
			a.enter(own)
			return a, nil
		}
		s.mu.Unlock()
		<-a.finished
		s.mu.Lock()
		s.forget(a)
	}
}

// enter lets a session look for feedback, and feedback wait for a session that it is for.
func (a *account) enter(own *session) {
	a.change(func(o *schedule) {
		a.waiting[own] = true
		if own.id != 0 {
			o.sessions[own.id] = own
		}
	})
}

func (s *accounts) newAccount(name string) *account {
	return &account{
		shared: s.shared, senders: s.senders, dead: s.dead, erasures: s.erasures, name: name, token: accountToken(name),
		finished: make(chan struct{}), sessions: make(map[*session]bool), schedule: newSchedule(),
		waiting: make(map[*session]bool), idle: make(chan struct{}, 1),
	}
}

func (s *accounts) start(name string) *account {
	a := s.newAccount(name)
	a.schedule.limits = s.settings.Load().account(name).limits()
	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	if s.all == nil {
		s.all = make(map[string]*account)
	}
	s.all[name] = a
	go a.run(ctx) // awaited by leave of the last session, and by wait
	return a
}

// wake makes the accounts look at the settings anew.
func (s *accounts) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.all {
		a.change(func(o *schedule) { o.limits = s.settings.Load().account(a.name).limits() })
	}
}

// sessions returns how many sessions each account has.
func (s *accounts) sessions() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]int, len(s.all))
	for name, a := range s.all {
		all[name] = len(a.sessions)
	}
	return all
}

func (s *accounts) forget(a *account) {
	if s.all[a.name] == a {
		delete(s.all, a.name)
	}
}

// leave ends what join began. The last session of an account waits until the feedback that was not
// delivered is back in the queue.
func (s *accounts) leave(a *account, own *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(a.sessions, own)
	if len(a.sessions) > 0 {
		return
	}
	a.end()
	s.mu.Unlock()
	<-a.finished
	s.mu.Lock()
	s.forget(a)
}

// end stops run and all sessions. It is called with mu of the accounts held.
func (a *account) end() {
	a.stopped = true
	a.stop()
	for own := range a.sessions {
		own.stop()
	}
}

// stop ends all deliveries, and returns when the feedback that was not delivered is back in its queue.
func (s *accounts) stop() {
	s.mu.Lock()
	s.stopped = true
	var all []*account
	for _, a := range s.all {
		a.end()
		all = append(all, a)
	}
	s.mu.Unlock()
	for _, a := range all {
		<-a.finished
	}
}

// receiptPassed ends the wait of the feedback on a message whose receipt has passed.
func (s *accounts) receiptPassed(r index.ReceiptPassed) {
	s.mu.Lock()
	a := s.all[r.Account]
	s.mu.Unlock()
	if a != nil {
		a.change(func(o *schedule) { o.passed(r.Conv, r.Number, s.of(&r.Conv, r.Number)) })
	}
}
