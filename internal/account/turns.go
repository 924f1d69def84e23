package account

import (
	"context"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"readback/internal/crash"
)

// checkWait is how long a bind waits for the check of its password; few ESMEs wait longer for bind_resp.
const checkWait = 30 * time.Second

// restShare is how many times as long as a check of a suspected source took no other one of these begins.
const restShare = 3

// Turns bounds the processor time of the checks of passwords: half of the processors, at least one, work
// for them. A source gets its second turn when all others have had one. Those that are suspected come
// last, one at a time, and use a quarter of one processor, so that messages always have the rest.
type Turns struct {
	most int // checks at a time

	// Guarded by mu.
	mu      sync.Mutex
	busy    int
	suspect bool      // one of those at work is of a suspected source
	rested  time.Time // when the next of those may begin
	waiting []*turn
	wake    *time.Timer // looks again at rested; nil until the first time
}

// turn is a check that waits, or is at work.
type turn struct {
	source      netip.Addr
	isSuspected func() bool   // by what is known now
	ahead       int           // checks of its source that waited when it came
	begins      chan struct{} // closed when it may begin

	// Set when it begins.
	suspected bool
	began     time.Time
}

// NewTurns returns Turns for half of the processors.
func NewTurns() *Turns { return &Turns{most: max(1, runtime.GOMAXPROCS(0)/2)} }

// Take waits for a turn. end must be called afterwards. No more can wait than there are connections that
// have not bound (listen.max_unbound). isSuspected is called until the turn begins: many checks of a
// source may wait already when the first of them finds a wrong password.
func (t *Turns) Take(ctx context.Context, source netip.Addr, isSuspected func() bool) (end func(), err error) {
	w := &turn{source: source, isSuspected: isSuspected, begins: make(chan struct{})}
	t.add(w)
	late := time.NewTimer(checkWait)
	defer late.Stop()
	select {
	case <-w.begins:
	case <-late.C:
		err = ErrBusy
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		err = ErrLeft
	}
	if err != nil {
		t.end(w)
		return nil, err
	}
	return func() { t.end(w) }, nil
}

func (t *Turns) add(w *turn) {
	defer crash.OnPanic()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, o := range t.waiting {
		if o.source == w.source {
			w.ahead++
		}
	}
	t.waiting = append(t.waiting, w)
	t.begin()
}

// end ends a turn, whether it has begun or not.
func (t *Turns) end(w *turn) {
	defer crash.OnPanic()
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.waiting, w); i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
		return
	}
	t.busy--
	if w.suspected {
		t.suspect = false
		t.rested = time.Now().Add(restShare * time.Since(w.began))
	}
	t.begin()
}

// begin lets those begin whose turn it is. The caller holds mu.
func (t *Turns) begin() {
	for now := time.Now(); t.busy < t.most; {
		i, suspected := t.next(now)
		if i < 0 {
			return
		}
		w := t.waiting[i]
		t.waiting = slices.Delete(t.waiting, i, i+1)
		t.busy++
		t.suspect = t.suspect || suspected
		w.suspected, w.began = suspected, now
		close(w.begins)
	}
}

// next returns the index of the check whose turn it is, and whether its source is suspected; -1 if there
// is none.
func (t *Turns) next(now time.Time) (best int, suspected bool) {
	best = -1
	for i, w := range t.waiting {
		switch is := w.isSuspected(); {
		case best < 0, suspected && !is, suspected == is && w.ahead < t.waiting[best].ahead:
			best, suspected = i, is
		}
	}
	switch {
	case !suspected:
		return best, false
	case t.suspect:
		return -1, true
	case now.Before(t.rested):
		t.lookAgain(t.rested.Sub(now))
		return -1, true
	}
	return best, true
}

// lookAgain calls begin after some time.
func (t *Turns) lookAgain(after time.Duration) {
	if t.wake != nil {
		t.wake.Reset(after)
		return
	}
	t.wake = time.AfterFunc(after, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.begin()
	})
}
