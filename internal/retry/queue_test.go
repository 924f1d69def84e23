package retry

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"readback/internal/backoff"
)

// contained counts the panics of jobs.
type contained int

func (c *contained) Contain() {
	if recover() != nil {
		*c++
	}
}

// world is a queue in virtual time, without variation of the pauses, and what its jobs did.
type world struct {
	*Queue
	begin   time.Time
	panics  contained
	closing chan struct{}
	events  []string // in order; only one goroutine at a time works
}

func newWorld(t *testing.T) *world {
	backoff.SetRandom(func(most time.Duration) time.Duration { return most / 2 })
	t.Cleanup(func() { backoff.SetRandom(nil) })
	w := &world{begin: time.Now(), closing: make(chan struct{})}
	w.Queue = NewQueue(&w.panics, w.closing)
	return w
}

func (w *world) note(format string, args ...any) {
	w.events = append(w.events, fmt.Sprintf("%v ", time.Since(w.begin).Round(time.Millisecond))+fmt.Sprintf(format, args...))
}

// want checks what has happened once nothing happens any more.
func (w *world) want(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	if !slices.Equal(w.events, want) {
		t.Errorf("got\n%q, want\n%q", w.events, want)
	}
}

// job is a Job by the name in its events. answer, if not nil, is what becomes of its request.
type job struct {
	*world
	name   string
	until  time.Time
	answer func(j *job) error
}

func (w *world) job(name string, lasts time.Duration, answer func(j *job) error) *job {
	return &job{w, name, w.begin.Add(lasts), answer}
}

func (j *job) Repeat() error {
	j.note("%s", j.name)
	if j.answer == nil {
		return nil
	}
	return j.answer(j)
}

func (j *job) Until() time.Time { return j.until }
func (j *job) GiveUp()          { j.note("%s ends", j.name) }

func refused(j *job) error  { j.Refused(j); return nil }
func done(j *job) error     { j.Done(j); return nil }
func failing(*job) error    { return errors.New("no room") }
func panicking(*job) error  { panic("planted") }
func unanswered(*job) error { return nil }

func TestQueue(t *testing.T) {
	left := 0
	for _, tt := range []struct {
		name string
		run  func(w *world)
		want []string
	}{
		{
			"pauses double", func(w *world) { w.Add(w.job("a", 5*time.Second, refused)) },
			[]string{"200ms a", "600ms a", "1.4s a", "2.4s a", "3.4s a", "4.4s a", "5s a ends"},
		},
		{
			"what cannot be sent is refused", func(w *world) { w.Add(w.job("a", time.Second, failing)) },
			[]string{"200ms a", "600ms a", "1s a ends"},
		},
		{"in order", func(w *world) {
			w.Add(w.job("a", time.Second, done))
			w.Add(w.job("b", time.Second, done))
		}, []string{"200ms a", "200ms b"}},
		{"the first holds up the others", func(w *world) {
			w.Add(w.job("a", time.Second, refused))
			w.Add(w.job("b", 2*time.Second, done))
		}, []string{"200ms a", "600ms a", "1s a ends", "1.4s b"}},
		{"one request at a time", func(w *world) {
			w.Add(w.job("a", time.Second, unanswered))
			w.Add(w.job("b", 2*time.Second, done))
		}, []string{"200ms a", "1s a ends", "1s b"}},
		{"a job that waits ends, too", func(w *world) {
			w.Add(w.job("a", time.Second, unanswered))
			w.Add(w.job("b", 500*time.Millisecond, done))
		}, []string{"200ms a", "500ms b ends", "1s a ends"}},
		{"accepted, and more is left", func(w *world) {
			left = 3
			w.Add(w.job("a", time.Second, func(j *job) error {
				if left--; left == 0 {
					return done(j)
				}
				j.Accepted(j)
				return nil
			}))
		}, []string{"200ms a", "200ms a", "200ms a"}},
		{"in front", func(w *world) {
			w.Add(w.job("a", time.Second, done))
			w.AddFirst(w.job("b", time.Second, done))
		}, []string{"200ms b", "200ms a"}},
		{"in front, behind the request under way", func(w *world) {
			w.Add(w.job("a", time.Second, func(j *job) error { j.AddFirst(j.job("c", time.Second, done)); return done(j) }))
			w.Add(w.job("b", time.Second, done))
		}, []string{"200ms a", "200ms c", "200ms b"}},
		{"again", func(w *world) {
			w.Add(w.job("a", time.Second, done))
			time.Sleep(500 * time.Millisecond)
			w.Add(w.job("b", time.Second, done))
		}, []string{"200ms a", "700ms b"}},
		{"closed", func(w *world) {
			w.Add(w.job("a", time.Second, unanswered))
			w.Add(w.job("b", time.Second, unanswered))
			time.Sleep(300 * time.Millisecond)
			w.Close()
			w.note("closed, takes more: %t", w.Add(w.job("c", time.Second, done)))
		}, []string{"200ms a", "300ms a ends", "300ms b ends", "300ms closed, takes more: false"}},
		{"closing", func(w *world) {
			w.Add(w.job("a", time.Second, unanswered))
			close(w.closing)
			synctest.Wait()
			w.note("takes more: %t", w.Add(w.job("c", time.Second, done)))
		}, []string{"0s a ends", "0s takes more: false"}},
		{"panic", func(w *world) {
			w.Add(w.job("a", time.Second, panicking))
			w.Add(w.job("b", time.Second, done))
		}, []string{"200ms a", "200ms a ends", "200ms b"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				tt.run(w)
				time.Sleep(10 * time.Second)
				w.want(t, tt.want...)
				if got, want := w.panics, contained(0); got != want && tt.name != "panic" {
					t.Errorf("got %d panics, want %d", got, want)
				}
				if n := w.Len(); n != 0 {
					t.Errorf("%d jobs are left, want none", n)
				}
			})
		})
	}
}

// The answer to a job that has been given up, or that does not send now, changes nothing.
func TestQueueStrayAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a, b := w.job("a", 500*time.Millisecond, unanswered), w.job("b", 5*time.Second, unanswered)
		w.Add(a)
		w.Add(b)
		w.Accepted(a) // nothing was asked yet
		time.Sleep(300 * time.Millisecond)
		w.Accepted(b)
		time.Sleep(300 * time.Millisecond)
		w.Accepted(a)
		w.Done(a)
		w.want(t, "200ms a", "500ms a ends", "500ms b")
		w.Close()
	})
}
