package feedback

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/backoff"
)

// Bounds of looking at the queues.
const (
	sweepEvery = 15 * time.Second
	sweepTime  = 10 * time.Second
	maxSwept   = 1000 // feedbacks of one queue that are found too old in one round
)

// Queue is what waits for one account.
type Queue struct {
	Account  string    `json:"account"`
	Waiting  uint64    `json:"waiting"`
	Oldest   time.Time `json:"oldest"` // when the oldest of it came into the queue
	Age      float64   `json:"age_seconds"`
	Sessions int       `json:"sessions"` // that take it now
}

// sweeper looks at the queues now and then. It counts what waits for each account, and finds what has
// waited too long.
type sweeper struct {
	*shared
	accounts *accounts
	waiting  *waiting
	dead     *deadLetters
	events   *events
	mu       sync.Mutex // held by a sweep
}

// Queues shows the queues that are not empty, in the order of their accounts.
func (s *sweeper) Queues(ctx context.Context) ([]Queue, error) {
	stream, err := s.js.Stream(ctx, queueStream)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", queueStream, err)
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(queueSubject+"*"))
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", queueStream, err)
	}
	now, sessions := time.Now(), s.accounts.sessions()
	var all []Queue
	for _, subject := range slices.Sorted(maps.Keys(info.State.Subjects)) {
		first, err := stream.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // it was settled meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("oldest of %s: %w", subject, err)
		}
		account := accountOf(strings.TrimPrefix(subject, queueSubject))
		all = append(all, Queue{
			Account: account, Waiting: info.State.Subjects[subject], Oldest: first.Time.UTC(),
			Age: now.Sub(first.Time).Seconds(), Sessions: sessions[account],
		})
	}
	return all, nil
}

// run sweeps now and then, and when NATS is back, until ctx ends.
func (s *sweeper) run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	failed := backoff.Complaint{Log: s.log, What: "feedback queues cannot be looked at"}
	for ctx.Err() == nil {
		one, end := s.renewals.until(ctx)
		if err := s.remake(one, s.sweep(one)); one.Err() == nil {
			failed.About(err)
		}
		select {
		case <-tick.C:
		case <-one.Done():
		}
		end()
	}
}

func (s *sweeper) sweep(ctx context.Context) error {
	s.mu.Lock() // one at a time
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, sweepTime)
	defer cancel()
	s.waiting.begin()
	all, err := s.Queues(ctx)
	if err != nil {
		return err
	}
	var accounts []string
	for _, q := range all {
		accounts = append(accounts, q.Account)
	}
	s.waiting.end(accounts)
	s.metrics.queues(all, func(q *Queue) bool {
		return q.Sessions > 0 || s.settings.Load().account(q.Account).Listed
	})
	for _, q := range all {
		if s.settings.Load().account(q.Account).Own {
			s.handOver(ctx, q.Account)
		}
		// A session finds by itself what is too old.
		if q.Sessions == 0 && s.expired(q.Oldest, time.Now()) {
			err = errors.Join(err, s.expire(ctx, q.Account))
		}
	}
	return errors.Join(err, s.dead.expire(ctx), s.events.keep(ctx))
}

// handOver removes the consumer by which sessions took the feedback of an account that
// has a consumer of its own now: a work queue has one for each subject.
func (s *sweeper) handOver(ctx context.Context, account string) {
	c, err := s.js.Consumer(ctx, queueStream, accountToken(account))
	if err != nil || c.CachedInfo().Config.Description != consumerNote {
		return // there is none, as a rule
	}
	if err := s.js.DeleteConsumer(ctx, queueStream, accountToken(account)); err != nil {
		s.log.Warn("consumer of the sessions cannot be removed", "account", account, "error", err)
	}
}
