// Package admission decides which connections a listener serves when there are more than it can serve.
// The connections of peers that the listener knows nothing good of yet are few for each source, and the
// slowest of them gives way to a new one. A source whose connections come to nothing again and again
// gets only some of them a second.
package admission

import (
	"cmp"
	"container/list"
	"net"
	"net/netip"
	"sync"
	"time"

	"readback/internal/crash"
	"readback/internal/lru"
)

// Limits are the bounds of a Gate; zero is no limit.
type Limits struct {
	Total     int // connections at a time
	PerSource int // of one source

	Pending          int // connections at a time that nobody has accepted yet
	PendingPerSource int // of one source

	Rate  float64 // connections a second of one source that come to nothing
	Burst int     // of them at once

	Words Words
}

// Words are the reasons for refusals as log and metrics have them; empty is total and pending.
type Words struct{ Total, Pending string }

// The other reasons.
const (
	PerSource = "per_address" // the source has as many connections as it may
	Rate      = "rate"        // too many connections of the source came to nothing
	GaveWay   = "gave_way"    // the connection was the slowest when another one came
)

// grace is how long a connection has to make progress. When many peers connect at once, none of them
// must push out another one that is about to speak.
const grace = time.Second

// few is how many connections a source may have that nobody has accepted yet without having more than
// others.
const few = 4

// maxSources is how many sources are remembered. One that is forgotten may have a burst again.
const maxSources = 1 << 16

// Gate counts the connections of some listeners.
type Gate struct {
	// Static after construction.
	limits  Limits
	refused func(reason string, remote net.Addr)

	// Guarded by mu.
	mu             sync.Mutex
	total, pending int
	sources        *lru.Cache[netip.Addr, *source]
	order          list.List // of *Place, those that may have to give way; the last to make progress is at the back
}

// NewGate returns a Gate. It calls refused for each connection that is refused or gives way.
func NewGate(l Limits, refused func(reason string, remote net.Addr)) *Gate {
	l.Words.Total, l.Words.Pending = cmp.Or(l.Words.Total, "total"), cmp.Or(l.Words.Pending, "pending")
	return &Gate{limits: l, refused: refused, sources: lru.New[netip.Addr, *source](maxSources)}
}

// Enter returns the place of a new connection; nil if there is none. close is called, from any goroutine,
// if the connection has to give way to another one.
func (g *Gate) Enter(remote net.Addr, closing func()) *Place {
	p, victim, reason := g.enter(remote, closing)
	if victim != nil {
		g.refused(GaveWay, victim.remote)
		victim.closing()
	}
	if p == nil {
		g.refused(reason, remote)
	}
	return p
}

// enter adds a place, in place of that of victim unless that is nil; or it returns why it does not.
func (g *Gate) enter(remote net.Addr, closing func()) (p, victim *Place, reason string) {
	defer crash.OnPanic()
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.source(SourceOf(remote), now)
	if !s.try(&g.limits, now) {
		return nil, nil, Rate
	}
	if full := g.full(s); full.reason != "" {
		if victim = g.slowest(s, full, now); victim == nil {
			s.succeeded(&g.limits) // it has cost nothing
			return nil, nil, full.reason
		}
		victim.leave()
	}
	p = &Place{gate: g, source: s, remote: remote, closing: closing, standing: silent, since: now}
	p.inOrder = g.order.PushBack(p)
	g.total, g.pending = g.total+1, g.pending+1
	s.open, s.pending = s.open+1, s.pending+1
	return p, victim, ""
}

// source returns what is known of a source.
func (g *Gate) source(addr netip.Addr, now time.Time) *source {
	s, ok := g.sources.Get(addr)
	if !ok {
		s = newSource(g.limits.Burst, now)
		g.sources.Put(addr, s)
	}
	return s
}

// limit is a limit that a further connection would exceed. Only the connections that count for it may give way.
type limit struct {
	reason  string // empty: none
	own     bool   // it is that of the source
	pending bool   // it is of those that nobody has accepted yet
}

// full returns which limit a further connection of s would exceed.
func (g *Gate) full(s *source) limit {
	reached := func(n, limit int) bool { return limit > 0 && n >= limit }
	switch l := &g.limits; {
	case reached(s.open, l.PerSource):
		return limit{PerSource, true, false}
	case reached(s.pending, l.PendingPerSource):
		return limit{PerSource, true, true}
	case reached(g.pending, l.Pending):
		return limit{l.Words.Pending, false, true}
	case reached(g.total, l.Total):
		return limit{l.Words.Total, false, false}
	}
	return limit{}
}

// slowest returns the place that has to give way to a connection of s, so that a limit holds; nil if none has to.
// Those that nobody has accepted come first, of unknown sources before known ones, and of the source that has the
// most of them.
func (g *Gate) slowest(s *source, full limit, now time.Time) (worst *Place) {
	for e := g.order.Front(); e != nil; e = e.Next() {
		p := e.Value.(*Place)
		switch {
		case full.own && p.source != s, full.pending && p.standing >= accepted:
		case full.own && !p.isSlow(now), !full.own && p.isSafe(s):
		case worst == nil || p.isWorse(worst):
			worst = p
		}
	}
	return worst
}
