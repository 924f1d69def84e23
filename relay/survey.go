package relay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/backoff"
)

// Bounds of looking at the queues.
const (
	surveyEvery = 15 * time.Second
	surveyTime  = 10 * time.Second
	maxSwept    = 1000 // feedbacks of one queue that are found too old in one round
)

// QueueView is what waits for one account.
type QueueView struct {
	Account  string    `json:"account"`
	Waiting  uint64    `json:"waiting"`
	Oldest   time.Time `json:"oldest"` // when the oldest of it came into the queue
	Age      float64   `json:"age_seconds"`
	Sessions int       `json:"sessions"` // that take it now
}

// Queues shows the queues that are not empty, in the order of their accounts.
func (r *Relay) Queues(ctx context.Context) ([]QueueView, error) {
	stream, err := r.js.Stream(ctx, streamFeedback)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", streamFeedback, err)
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(subjectFeedback+"*"))
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", streamFeedback, err)
	}
	now, sessions := time.Now(), r.accounts.sessions()
	var all []QueueView
	for _, subject := range slices.Sorted(maps.Keys(info.State.Subjects)) {
		first, err := stream.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // it was settled meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("oldest of %s: %w", subject, err)
		}
		account := accountOf(strings.TrimPrefix(subject, subjectFeedback))
		all = append(all, QueueView{
			Account: account, Waiting: info.State.Subjects[subject], Oldest: first.Time.UTC(),
			Age: now.Sub(first.Time).Seconds(), Sessions: sessions[account],
		})
	}
	return all, nil
}

// survey looks at the queues now and then: what waits for whom, and what has waited too
// long.
func (r *Relay) survey(ctx context.Context) {
	tick := time.NewTicker(surveyEvery)
	defer tick.Stop()
	failed := backoff.Complaint{Log: r.log, What: "feedback queues cannot be looked at"}
	for {
		if err := r.surveyOnce(ctx); ctx.Err() == nil {
			failed.About(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (r *Relay) surveyOnce(ctx context.Context) error {
	r.surveying.Lock() // one at a time
	defer r.surveying.Unlock()
	ctx, cancel := context.WithTimeout(ctx, surveyTime)
	defer cancel()
	r.waiting.begin()
	all, err := r.Queues(ctx)
	if err != nil {
		return err
	}
	var accounts []string
	for _, q := range all {
		accounts = append(accounts, q.Account)
	}
	r.waiting.end(accounts)
	r.metrics.feedback.queues(all, func(q *QueueView) bool {
		return q.Sessions > 0 || r.settings.Load().account(q.Account).Listed
	})
	for _, q := range all {
		if r.settings.Load().account(q.Account).Own {
			r.handOver(ctx, q.Account)
		}
		// What is too old is seen by who tells it, if anybody does.
		if q.Sessions == 0 && r.expired(q.Oldest, time.Now()) {
			err = errors.Join(err, r.sweep(ctx, q.Account))
		}
	}
	return errors.Join(err, r.sweepDead(ctx), r.keepEvents(ctx))
}

// handOver removes the consumer by which sessions took the feedback of an account that
// has a consumer of its own now: a work queue has one for each subject.
func (r *Relay) handOver(ctx context.Context, account string) {
	c, err := r.js.Consumer(ctx, streamFeedback, accountToken(account))
	if err != nil || c.CachedInfo().Config.Description != consumerNote {
		return // there is none, as a rule
	}
	if err := r.js.DeleteConsumer(ctx, streamFeedback, accountToken(account)); err != nil {
		r.log.Warn("consumer of the sessions cannot be removed", "account", account, "error", err)
	}
}
