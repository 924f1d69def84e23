// Package retry sends again what a peer has refused for now: one request at a time, in order, and
// with pauses.
package retry

import (
	"slices"
	"sync"
	"time"

	"readback/internal/backoff"
	"readback/internal/crash"
)

// Job is requests that are to be sent again, one after the other.
type Job interface {
	// Repeat sends the next request of the job. It never waits. After nil the job tells the queue of the
	// answer with Refused, Accepted or Done. After an error Repeat is called again later.
	Repeat() error
	// Until returns when nobody waits for the job any more.
	Until() time.Time
	// GiveUp ends the job, whose time is over, maybe while a request of it is not answered. It never waits.
	GiveUp()
}

// Pauses after a refusal. They double from the first to the last, and each varies by up to a quarter.
const (
	FirstPause = 200 * time.Millisecond
	LastPause  = time.Second
)

// Queue repeats jobs, of which only the first one sends. So a slow peer gets no more at a time than one
// request, and the oldest job is finished before the next one begins. Its methods never wait, except
// Close.
type Queue struct {
	// Static after construction.
	of      crash.Container
	closing <-chan struct{} // closed when nothing more is to be sent
	changed chan struct{}   // wakes run

	done sync.WaitGroup // run

	// Guarded by mu.
	mu      sync.Mutex
	jobs    []Job
	asked   bool      // a request of the first job is not answered
	next    time.Time // when the next request may be sent
	pause   time.Duration
	running bool
	closed  bool
}

// NewQueue returns a Queue without jobs. of contains the panics of jobs. When closing is closed, the
// queue gives up its jobs and takes no more.
func NewQueue(of crash.Container, closing <-chan struct{}) *Queue {
	return &Queue{of: of, closing: closing, changed: make(chan struct{}, 1)}
}

// Add adds a job behind the others. It returns false if the queue takes no more: the job is the caller's
// then.
func (q *Queue) Add(j Job) bool { return q.add(j, false) }

// AddFirst adds a job in front of those that have no request under way.
func (q *Queue) AddFirst(j Job) bool { return q.add(j, true) }

func (q *Queue) add(j Job, first bool) bool {
	defer crash.OnPanic()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.isClosed() {
		return false
	}
	at := len(q.jobs)
	if at == 0 {
		q.pause = FirstPause
		q.next = time.Now().Add(backoff.Jitter(q.pause))
	}
	if first && at > 0 {
		at = 0
		if q.asked {
			at = 1
		}
	}
	q.jobs = slices.Insert(q.jobs, at, j)
	if !q.running {
		q.running = true
		q.done.Go(q.run)
	}
	q.wake()
	return true
}

// Len returns how many jobs there are.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.jobs)
}

// Refused notes that the peer has refused the request of j again: the next one is sent after a pause.
func (q *Queue) Refused(j Job) { q.answered(j, true) }

// Accepted notes that the peer has accepted the request of j, which has more: the next one is sent at once.
func (q *Queue) Accepted(j Job) { q.answered(j, false) }

// answered takes the answer to the request of j. If j has been given up, it changes nothing.
func (q *Queue) answered(j Job, refused bool) {
	defer crash.OnPanic()
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.asked || q.jobs[0] != j {
		return
	}
	q.asked = false
	q.next = time.Now()
	if refused {
		q.pause = min(2*q.pause, LastPause)
		q.next = q.next.Add(backoff.Jitter(q.pause))
	}
	q.wake()
}

// Done removes a job, if it is there.
func (q *Queue) Done(j Job) {
	defer crash.OnPanic()
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(q.jobs, j); i >= 0 {
		q.remove(i)
		q.wake()
	}
}

// remove removes the job i; mu is held. The next job sends at once if it was the first.
func (q *Queue) remove(i int) {
	if i == 0 && q.asked {
		q.asked = false
		q.next = time.Now()
	}
	q.jobs = slices.Delete(q.jobs, i, i+1)
}

// Close gives up all jobs, and waits until that is done. The queue takes no more.
func (q *Queue) Close() {
	q.close()
	q.done.Wait()
}

func (q *Queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake()
}

func (q *Queue) isClosed() bool {
	select {
	case <-q.closing:
		return true
	default:
		return q.closed
	}
}

func (q *Queue) wake() {
	select {
	case q.changed <- struct{}{}:
	default: // it will look anyway
	}
}
