package handset

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	sendTimeout = time.Minute
	maxAsked    = time.Hour // where a server asks to wait
)

// Run sends the waiting responses until ctx ends. A response that was being sent then is sent
// again by the next Run, with the same ID. Only one Run may be active.
func (q *Queue) Run(ctx context.Context) {
	limit, fails := maxBatch, 0
	for ctx.Err() == nil {
		q.giveUp(time.Now())
		batch := q.head(limit)
		if len(batch) == 0 {
			fails = 0
			select {
			case <-q.more:
			case <-ctx.Done():
			}
			continue
		}
		verdicts, err := q.send(ctx, batch)
		if err != nil && ctx.Err() != nil {
			return
		}
		var s settled
		if err == nil {
			s, err = settle(batch, verdicts)
		}
		q.finish(s.done)
		q.untime(s.untimed)
		switch {
		case s.split:
			limit = len(batch) / 2
		case err != nil || s.again > 0:
			if len(s.done) > 0 {
				fails = 0
			}
			fails++
			q.opt.Log.Warn("read responses are to be sent again", "count", len(batch)-len(s.done), "try", fails, "err", err)
			q.wait(ctx, fails, err)
		default:
			limit, fails = min(2*limit, maxBatch), 0
		}
	}
}

func (q *Queue) send(ctx context.Context, batch []Response) ([]Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return q.opt.Send(ctx, batch)
}

// settled is what follows from the verdicts on a batch.
type settled struct {
	done  []outcome
	again int  // how many responses are sent again
	split bool // the batch was refused as a whole; a smaller one may be accepted

	// untimed responses are sent again without their time, which the server has refused.
	untimed map[string]bool
}

var errVerdicts = errors.New("not one verdict for each read response")

func settle(batch []Response, verdicts []Verdict) (s settled, err error) {
	whole := len(verdicts) == 1
	switch {
	case !whole && len(verdicts) != len(batch):
		return s, errVerdicts
	case whole && len(batch) > 1 && !verdicts[0].Accepted() && !verdicts[0].Again():
		return settled{split: true}, nil
	}
	s.untimed = make(map[string]bool)
	for i, r := range batch {
		v := verdicts[0]
		if !whole {
			v = verdicts[i]
		}
		switch {
		case v.Again():
			s.again++
		case v.Code == http.StatusBadRequest && v.Field == "read_at" && !r.ReadAt.IsZero():
			s.again++
			s.untimed[r.ID] = true
		default:
			s.done = append(s.done, outcome{r, v})
		}
	}
	return s, nil
}

// untime removes the time of reading. The message was read even if the clock of the handset
// is wrong.
func (q *Queue) untime(ids map[string]bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.items {
		if ids[q.items[i].ID] {
			q.items[i].ReadAt = time.Time{}
		}
	}
}

// giveUp removes the responses that have waited too long. The oldest are first.
func (q *Queue) giveUp(now time.Time) {
	var done []outcome
	q.mu.Lock()
	for _, it := range q.items {
		if now.Sub(it.since) <= q.opt.Keep {
			break
		}
		done = append(done, outcome{it.Response, Verdict{Code: http.StatusGone, Reason: "has waited too long"}})
	}
	q.mu.Unlock()
	q.finish(done)
}

func (q *Queue) finish(done []outcome) {
	q.remove(done)
	if q.opt.Final == nil {
		return
	}
	for _, d := range done {
		q.opt.Final(d.r, d.v)
	}
}

// wait waits before the next try.
func (q *Queue) wait(ctx context.Context, fails int, err error) {
	wake := q.now
	d := backoff(fails, q.opt.FirstWait, q.opt.MaxWait)
	if later := (*LaterError)(nil); errors.As(err, &later) && later.After > 0 {
		d += min(later.After, maxAsked)
		wake = nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-wake:
	case <-ctx.Done():
	}
}

// backoff returns a wait that doubles with each failure, up to most. Half of it is random, so
// that many handsets that failed together do not try again together.
func backoff(fails int, first, most time.Duration) time.Duration {
	d := first
	for ; fails > 1 && d < most; fails-- {
		d *= 2
	}
	d = min(d, most)
	return d/2 + rand.N(d/2+1)
}
