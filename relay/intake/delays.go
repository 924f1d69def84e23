package intake

import (
	"slices"
	"sync"
	"time"
)

// maxDelayed is how many messages are delayed at a time because there are too many for their
// receivers. The stream counts them as delivered and not settled, so that more of them would delay
// the messages of other receivers.
const maxDelayed = maxSubmitting

// delays are the messages whose delivery is delayed.
type delays struct {
	mu    sync.Mutex
	until []time.Time // guarded by mu: when each is delivered again
}

// add reports whether one more message may be delayed, and counts it until then.
func (p *delays) add(now, until time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = slices.DeleteFunc(p.until, func(t time.Time) bool { return !t.After(now) })
	if len(p.until) >= maxDelayed {
		return false
	}
	p.until = append(p.until, until)
	return true
}
