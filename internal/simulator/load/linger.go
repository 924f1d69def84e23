package load

import (
	"slices"
	"sync/atomic"
	"time"
)

// tally is what the sessions of a load know of each other.
type tally struct {
	loaders   []*loader
	done      atomic.Int64 // sessions of which all messages are answered
	delivered atomic.Int64 // deliver_sm that came
	accepted  atomic.Int64 // messages; complete when all sessions are done
}

// answered notes that all messages of l are answered. The last session reports the result so far.
func (t *tally) answered(l *loader, start time.Time) {
	t.accepted.Add(int64(l.ok))
	if t.done.Add(1) == int64(len(t.loaders)) && l.opt.OnAnswered != nil {
		l.opt.OnAnswered(Result{OK: int(t.accepted.Load()), Duration: time.Since(start)})
	}
}

// complete reports whether all deliver_sm came that opt waits for.
func (t *tally) complete(opt Options) bool {
	want := int64(opt.Await)
	if want == AwaitEach {
		want = t.accepted.Load()
	}
	return opt.Await != 0 && t.done.Load() == int64(len(t.loaders)) && t.delivered.Load() >= want
}

// lingerCheck is how often a session looks whether all has come, perhaps to others.
const lingerCheck = 5 * time.Millisecond

// linger answers what comes after the last response, for a while or until all has come.
func (l *loader) linger() error {
	until := time.Now().Add(l.opt.Linger)
	for now := time.Now(); now.Before(until) && !l.all.complete(l.opt); now = time.Now() {
		next := until
		if l.opt.Await != 0 {
			next = slices.MinFunc([]time.Time{until, now.Add(lingerCheck)}, time.Time.Compare)
		}
		if err := l.wait(now, next); err != nil {
			return err
		}
		if err := l.flush(); err != nil {
			return err
		}
	}
	return nil
}
