package reads

import (
	"context"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/message"
)

// Load is a kind of request, by what it takes of the budget.
type Load int

// The kinds of requests.
const (
	Single Load = iota // one read response
	Array              // many of them, in one body
	Query              // a question or a change about a conversation or a receiver
	Body               // a long body, from before it is read until it is answered
	loads
)

// places is how many requests of each kind are at work at a time. What they hold in memory, and what they
// have in the queue of the log, is bounded by that.
var places = [loads]int{Single: 256, Array: 4, Query: 32, Body: 128}

// placeWait is how long a request that somebody waits for waits for a place.
const placeWait = time.Second

// Request asks for a place.
type Request struct {
	Way     string // in which it came: http, nats, …
	Load    Load
	Patient bool // waits as long as its context lasts: the stream that it comes from keeps what is behind it
}

// Budget bounds the work for callers, so that a flood of read responses leaves the machine to SMS. All
// ways in share one. Requests of each kind take places, in the order in which they came. One that gets
// none in time is refused before anything of it is parsed. A place is held while the SMSC and the log
// are waited for. What needs the processor runs in Work.
type Budget struct {
	places    [loads]chan struct{}
	processor chan struct{}
	refused   *prometheus.CounterVec
}

// NewBudget returns a budget that lets half of the processors work for callers, at least one.
func NewBudget(m *Metrics) *Budget {
	b := &Budget{processor: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)), refused: m.overBudget}
	for l := range b.places {
		b.places[l] = make(chan struct{}, places[l])
	}
	return b
}

// Enter waits for a place. If it returns true, the caller must call Leave; else OverBudget is the verdict.
func (b *Budget) Enter(ctx context.Context, r Request) bool {
	select {
	case b.places[r.Load] <- struct{}{}:
		return true
	default:
	}
	if !r.Patient {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, placeWait)
		defer cancel()
	}
	select {
	case b.places[r.Load] <- struct{}{}:
		return true
	case <-ctx.Done():
		b.refused.WithLabelValues(r.Way).Inc()
		return false
	}
}

// Leave gives the place of a request back.
func (b *Budget) Leave(r Request) { <-b.places[r.Load] }

// Work calls f when a processor is free for callers. f must not wait for anything.
func (b *Budget) Work(f func()) {
	b.processor <- struct{}{}
	defer func() { <-b.processor }()
	f()
}

// OverBudget is the verdict on a request that got no place.
func OverBudget() message.Verdict {
	return message.TryAgain("too many requests are at work, send it again")
}
