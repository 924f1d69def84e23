package gateway

import (
	"sync"

	"readback/internal/crash"
)

// places counts the connections of ESMEs, in all and before their bind.
type places struct {
	most, mostUnbound int // static; 0: no limit

	mu           sync.Mutex
	all, unbound int
}

// take counts a new connection, or returns the limit that forbids it.
func (p *places) take() (limit string) {
	defer crash.OnPanic()
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.most > 0 && p.all >= p.most:
		return "max_sessions"
	case p.mostUnbound > 0 && p.unbound >= p.mostUnbound:
		return "max_unbound"
	}
	p.all++
	p.unbound++
	return ""
}

// bound notes that a connection has bound, or has ended before.
func (p *places) bound() {
	defer crash.OnPanic()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unbound--
}

// leave ends what take began, after bound.
func (p *places) leave() {
	defer crash.OnPanic()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all--
}
