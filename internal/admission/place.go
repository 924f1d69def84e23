package admission

import (
	"container/list"
	"context"
	"net"
	"time"

	"readback/internal/crash"
)

// standing is what a listener knows of a connection.
type standing uint8

const (
	refused  standing = iota // it will be closed
	silent                   // the peer has to say something
	working                  // the peer waits for an answer
	accepted                 // the peer has shown that it may use the listener, and may come again
	bound                    // likewise, and it may stay
)

// Place is the place of one connection. The methods of a nil Place do nothing, and may be called from any
// goroutine.
type Place struct {
	// Static after construction.
	gate    *Gate
	source  *source
	remote  net.Addr
	closing func()

	// Guarded by gate.mu.
	standing standing
	since    time.Time     // of its last progress
	inOrder  *list.Element // nil if it cannot have to give way
	credited bool          // its source has the try back
	left     bool
}

// key is the key of a place in a context.
type key struct{}

// With returns a context in which PlaceOf finds the place of conn.
func With(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, key{}, Of(conn))
}

// PlaceOf returns the place of the connection on which a request came; nil if it has none.
func PlaceOf(ctx context.Context) *Place {
	p, _ := ctx.Value(key{}).(*Place)
	return p
}

// Working says that the peer waits for an answer: it does not give way to others of its source.
func (p *Place) Working() { p.set(working) }

// Silent says that the peer has an answer, and may say something.
func (p *Place) Silent() { p.set(silent) }

// Refused says that the connection will be closed. It gives way before others.
func (p *Place) Refused() { p.set(refused) }

// Accept says that the peer may use the listener. The connection gives way only if there are too many in
// all, and no other one does.
func (p *Place) Accept() { p.set(accepted) }

// Bind says that the peer may use the listener, and that its connection never gives way.
func (p *Place) Bind() { p.set(bound) }

// set sets the standing. An accepted connection stays one; saying it again counts as progress.
func (p *Place) set(to standing) {
	if p == nil {
		return
	}
	defer crash.OnPanic()
	g := p.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if p.left || p.standing == bound {
		return
	}
	p.since = time.Now()
	g.order.MoveToBack(p.inOrder)
	if p.standing == accepted && to < accepted {
		return
	}
	if p.standing < accepted && to >= accepted {
		g.pending--
		p.source.pending--
		p.credit()
	}
	p.standing = to
	if to == bound {
		g.order.Remove(p.inOrder)
		p.inOrder = nil
	}
}

// Credit says that something good came on the connection, which says nothing of what comes next: it does
// not count as one that came to nothing.
func (p *Place) Credit() {
	if p == nil {
		return
	}
	defer crash.OnPanic()
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	p.credit()
}

// credit is Credit of a caller that holds gate.mu.
func (p *Place) credit() {
	if !p.credited {
		p.credited, p.source.known = true, true
		p.source.succeeded(&p.gate.limits)
	}
}

// Leave stops counting the connection.
func (p *Place) Leave() {
	if p == nil {
		return
	}
	defer crash.OnPanic()
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	p.leave()
}

// leave is Leave of a caller that holds gate.mu.
func (p *Place) leave() {
	if p.left {
		return
	}
	p.left = true
	p.gate.total--
	p.source.open--
	if p.standing < accepted {
		p.gate.pending--
		p.source.pending--
	}
	if p.inOrder != nil {
		p.gate.order.Remove(p.inOrder)
		p.inOrder = nil
	}
}

// isSlow reports whether the peer has had some time, and has not used it.
func (p *Place) isSlow(now time.Time) bool { return p.standing != working && now.Sub(p.since) >= grace }

// isSafe reports whether the connection gives way to none of another source, because its peer waits for
// an answer: unless that source is known and its own is not, or its own has more of them.
func (p *Place) isSafe(s *source) bool {
	return p.standing == working && p.source.pending <= max(few, s.pending+1) && (p.source.known || !s.known)
}

// isWorse reports whether p has to give way before o, which made progress longer ago.
func (p *Place) isWorse(o *Place) bool {
	if a, b := p.standing == accepted, o.standing == accepted; a != b {
		return b
	}
	if a, b := p.source.known, o.source.known; a != b {
		return b
	}
	if a, b := max(few, p.source.pending), max(few, o.source.pending); a != b {
		return a > b
	}
	return p.standing < o.standing
}

// Of returns the place of a connection; nil if it has none. TLS may be on top of it.
func Of(conn net.Conn) *Place {
	for {
		switch c := conn.(type) {
		case interface{ Place() *Place }:
			return c.Place()
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}
