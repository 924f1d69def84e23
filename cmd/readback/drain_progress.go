package main

import (
	"sync"
	"time"

	"readback/internal/operator"
)

// draining is how far a service is with stopping.
type draining struct {
	stopped chan struct{} // closed at the end

	// Guarded by mu.
	mu              sync.Mutex
	state           string
	since, deadline time.Time // zero while it serves
	cutBefore       int64     // sessions that were cut off before
}

func newDraining() *draining { return &draining{stopped: make(chan struct{}), state: operator.Serving} }

// begin notes that the service drains from now on, for within at most. cutOff is how many sessions were cut off since
// the start.
func (d *draining) begin(within time.Duration, cutOff int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state == operator.Serving {
		d.state, d.since = operator.Draining, time.Now()
		d.deadline, d.cutBefore = d.since.Add(within), cutOff
	}
}

// linksDown notes that no session is left.
func (d *draining) linksDown() { d.set(operator.Stopping) }

// end notes that all has stopped but the operator's interface.
func (d *draining) end() {
	d.set(operator.Stopped)
	close(d.stopped)
}

func (d *draining) set(state string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state = state
}

// progress returns the state, its times, and how many of the sessions that were cut off since the start were so by the
// drain.
func (d *draining) progress(cutOff int64) operator.Drain {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := operator.Drain{State: d.state}
	if !d.since.IsZero() {
		since, deadline := d.since.Truncate(time.Millisecond), d.deadline.Truncate(time.Millisecond)
		p.Since, p.Deadline, p.CutOff = &since, &deadline, cutOff-d.cutBefore
	}
	return p
}

// drainer is a service as the pages about its drain see it.
type drainer struct{ *service }

// Begin begins to drain, as SIGTERM does.
func (s drainer) Begin() {
	s.ending.begin(s.cfg.Gateway.DrainTimeout, s.gateway.CutOff())
	s.beginDrain()
}

// Stopped returns a channel that is closed when all has stopped but the operator's interface.
func (s drainer) Stopped() <-chan struct{} { return s.ending.stopped }

// Progress returns how far the drain is.
func (s drainer) Progress() operator.Drain {
	p := s.ending.progress(s.gateway.CutOff())
	for _, one := range s.gateway.Sessions() {
		p.Sessions++
		p.Unanswered += one.Unanswered
		p.Deliveries += one.Deliveries
	}
	return p
}
