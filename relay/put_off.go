package relay

import (
	"slices"
	"sync"
	"time"
)

// maxPutOff is how many messages are put off at a time because too much has come for their
// receivers. The queue counts them as under way: more of them would hold up everybody's.
const maxPutOff = maxIntake

// putOffs are the messages that are put off.
type putOffs struct {
	mu    sync.Mutex
	until []time.Time // guarded by mu: when each comes again
}

// add tells whether one more may be put off.
func (p *putOffs) add(now, until time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = slices.DeleteFunc(p.until, func(t time.Time) bool { return !t.After(now) })
	if len(p.until) >= maxPutOff {
		return false
	}
	p.until = append(p.until, until)
	return true
}
