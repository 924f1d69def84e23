package account

import (
	"sync"

	"readback/internal/crash"
)

// Connections counts the connections of ESMEs: all of them, and those that have not bound.
type Connections struct {
	most, mostUnbound int // static; 0: no limit

	mu           sync.Mutex
	all, unbound int
}

// NewConnections returns Connections that allow most connections, and mostUnbound that have
// not bound. Zero is no limit.
func NewConnections(most, mostUnbound int) *Connections {
	return &Connections{most: most, mostUnbound: mostUnbound}
}

// Add counts a new connection, or returns the name of the limit that forbids it.
func (c *Connections) Add() (limit string) {
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

// Bound notes that a connection has bound, or has ended without a bind.
func (c *Connections) Bound() {
	defer crash.OnPanic()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unbound--
}

// Remove stops counting a connection. It is called after Bound.
func (c *Connections) Remove() {
	defer crash.OnPanic()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
}
