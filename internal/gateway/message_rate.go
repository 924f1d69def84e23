package gateway

import (
	"sync/atomic"
	"time"
)

// messageRate counts the messages of a session, and those of its last second. One goroutine counts; any may look.
type messageRate struct {
	all    atomic.Uint64
	second atomic.Int64  // in which the last one came, Unix
	within atomic.Uint64 // that second
	before atomic.Uint64 // in the second before
}

// maxOlder is how much older a message may be than the one before it, in seconds: it came before that, and is passed on
// after it. What is older still shows that the clock was set back.
const maxOlder = 600

// count counts a message that is passed on at a time.
func (r *messageRate) count(at time.Time) {
	r.all.Store(r.all.Load() + 1)
	now, last := at.Unix(), r.second.Load()
	if now <= last && last-now < maxOlder {
		r.within.Store(r.within.Load() + 1)
		return
	}
	before := r.within.Load()
	if now != last+1 {
		before = 0
	}
	r.before.Store(before)
	r.within.Store(1)
	r.second.Store(now)
}

// look returns how many messages there were, and how many in the last whole second before now.
func (r *messageRate) look(now time.Time) (all, second uint64) {
	switch now.Unix() - r.second.Load() {
	case 0:
		second = r.before.Load()
	case 1:
		second = r.within.Load()
	}
	return r.all.Load(), second
}
