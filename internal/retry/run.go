package retry

import (
	"time"

	"readback/internal/crash"
)

// step is what the queue does next.
type step struct {
	job  Job           // nil: it waits
	ends bool          // job is given up, else it sends its request
	wait time.Duration // until the queue looks again; zero: there are no jobs
}

// run repeats the jobs until there are none.
func (q *Queue) run() {
	for {
		switch s := q.look(time.Now()); {
		case s.job != nil && s.ends:
			q.giveUp(s.job)
		case s.job != nil:
			q.repeat(s.job)
		case s.wait == 0:
			return
		default:
			q.await(s.wait)
		}
	}
}

func (q *Queue) await(wait time.Duration) {
	turn := time.NewTimer(wait)
	defer turn.Stop()
	select {
	case <-turn.C:
	case <-q.changed:
	case <-q.closing:
	}
}

// look returns what is to be done now, and notes that it is done.
func (q *Queue) look(now time.Time) step {
	defer crash.OnPanic()
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		q.running = false
		return step{}
	}
	var end time.Time // of the job that ends first
	for i, j := range q.jobs {
		until := j.Until()
		if q.isClosed() || !until.After(now) {
			q.remove(i)
			return step{job: j, ends: true}
		}
		if end.IsZero() || until.Before(end) {
			end = until
		}
	}
	switch {
	case q.asked:
	case !q.next.After(now):
		q.asked = true
		return step{job: q.jobs[0]}
	case q.next.Before(end):
		end = q.next
	}
	return step{wait: end.Sub(now)}
}

// repeat lets j send its next request. A request that cannot be sent counts as refused.
func (q *Queue) repeat(j Job) {
	var err error
	crash.OrRefuse(q.of, func() { err = j.Repeat() }, func() {
		q.Done(j)
		q.giveUp(j)
	})
	if err != nil {
		q.Refused(j)
	}
}

func (q *Queue) giveUp(j Job) {
	defer q.of.Contain()
	j.GiveUp()
}
