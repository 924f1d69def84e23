package gateway

import (
	"sync"

	"readback/internal/crash"
)

// connections counts the connections of ESMEs: all of them, and those that have not bound.
type connections struct {
	most, mostUnbound int // static; 0: no limit

	mu           sync.Mutex
	all, unbound int
}

func newConnections(most, mostUnbound int) *connections {
	return &connections{most: most, mostUnbound: mostUnbound}
}

// add counts a new connection, or returns the limit that forbids it.
func (c *connections) add() (limit string) {
	defer crash.OnPanic()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.most > 0 && c.all >= c.most:
		return "max_sessions"
	case c.mostUnbound > 0 && c.unbound >= c.mostUnbound:
		return "max_unbound"
	}
	c.all++
	c.unbound++
	return ""
}

// bound notes that a connection has bound, or has ended before.
func (c *connections) bound() {
	defer crash.OnPanic()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unbound--
}

// remove ends what add began, after bound.
func (c *connections) remove() {
	defer crash.OnPanic()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
}
