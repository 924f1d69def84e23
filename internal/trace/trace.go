// Package trace shows the PDUs of a running gateway to an operator, for as long as one looks. What it shows is bounded,
// and never holds up a PDU: what the operator does not take in time is dropped, and counted.
//
// The main path copies each frame into the queue of each Trace (Traces.See). The goroutine of the Trace decides which of
// them the operator wants: those of an account, of a receiver, or of a message, requests together with their responses.
// They wait in a second queue until the operator takes them.
package trace

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
	"readback/udh"
)

// Event is a PDU as it is on the line.
type Event struct {
	Time          time.Time
	Session       any    // which connection it is: anything that can be compared
	Account       string // whose it is, if that is known
	ID            message.Session
	IsSMSC        bool // the peer is the SMSC, else an ESME
	Sent          bool // by the gateway
	Local, Remote netip.AddrPort
	Frame         smpp.Frame

	// The request of another session that this one passes on, if it is known; else From is nil.
	From any
	Was  uint32 // its sequence_number
}

// Bounds of what traces hold.
const (
	maxTraces = 4
	maxQueued = 16 << 10 // PDUs that are not looked at yet
	maxOctets = 8 << 20  // of them
	maxShown  = 1000     // PDUs that the operator has not taken yet
)

// Options of Traces.
type Options struct {
	IDs     receipt.IDs // how the SMSC writes message_ids
	Default udh.Coding  // its default alphabet
	Watch   func(bool)  // is called when the first trace begins, and when the last one has ended: one call at a time; it must not wait
}

// Traces are the traces that run.
type Traces struct {
	opt Options

	mu  sync.RWMutex
	all []*Trace // guarded by mu
}

// NewTraces returns Traces that show nothing yet.
func NewTraces(opt Options) *Traces { return &Traces{opt: opt} }

// ErrTooMany says that no more traces may run at a time.
var ErrTooMany = errors.New("4 traces are running, which is the most")

// See shows a PDU to all traces, and keeps its frame. It never waits.
func (ts *Traces) See(e *Event) {
	ts.mu.RLock()
	defer ts.mu.RUnlock()
	for _, t := range ts.all {
		t.see(e)
	}
}

// Start begins a trace, which runs until Stop.
func (ts *Traces) Start(f Filter) (*Trace, error) {
	t := &Trace{
		traces: ts, filter: f, queue: make(chan *Event, maxQueued), shown: make(chan *PDU, maxShown), done: make(chan struct{}),
	}
	t.filter.ids = ts.opt.IDs
	if !ts.add(t) {
		return nil, ErrTooMany
	}
	t.running.Go(t.run)
	return t, nil
}

// add begins the flow of PDUs to t. It returns false if too many traces run.
func (ts *Traces) add(t *Trace) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if len(ts.all) >= maxTraces {
		return false
	}
	ts.all = append(ts.all, t)
	if len(ts.all) == 1 {
		ts.opt.Watch(true) // with the lock: the end of another trace must not overtake it
	}
	return true
}

// remove ends the flow of PDUs to t.
func (ts *Traces) remove(t *Trace) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for i, other := range ts.all {
		if other == t {
			ts.all = append(ts.all[:i:i], ts.all[i+1:]...)
			break
		}
	}
	if len(ts.all) == 0 {
		ts.opt.Watch(false)
	}
}

// Trace is one look at the PDUs.
type Trace struct {
	// Static after construction.
	traces *Traces
	filter Filter
	queue  chan *Event
	shown  chan *PDU
	done   chan struct{} // closed by Stop

	running sync.WaitGroup
	octets  atomic.Int64 // of the frames in queue
	unseen  atomic.Uint64
	lost    atomic.Uint64
}

// see puts a PDU into the queue. When that is full, it counts it.
func (t *Trace) see(e *Event) {
	n := int64(len(e.Frame))
	if t.octets.Add(n) > maxOctets {
		t.octets.Add(-n)
		t.unseen.Add(1)
		return
	}
	select {
	case t.queue <- e:
	default:
		t.octets.Add(-n)
		t.unseen.Add(1)
	}
}

// run decides which PDUs are shown.
func (t *Trace) run() {
	m := newMatcher(&t.filter)
	for {
		select {
		case <-t.done:
			return
		case e := <-t.queue:
			t.octets.Add(-int64(len(e.Frame)))
			for _, e := range m.take(e) {
				t.show(e)
			}
		}
	}
}

// show lets the operator have a PDU, unless too many wait already.
func (t *Trace) show(e *Event) {
	select {
	case t.shown <- newPDU(e, &t.filter, t.traces.opt.Default):
	default:
		t.lost.Add(1)
	}
}

// Next returns the next PDU that is shown; nil when ctx has ended.
func (t *Trace) Next(ctx context.Context) *PDU {
	select {
	case p := <-t.shown:
		return p
	case <-ctx.Done():
		return nil
	}
}

// Lost returns how many PDUs that were wanted were dropped because Next was not called in time, and how many of any kind
// because there were more than could be looked at.
func (t *Trace) Lost() (shown, unseen uint64) { return t.lost.Load(), t.unseen.Load() }

// Stop ends the trace.
func (t *Trace) Stop() {
	t.traces.remove(t)
	close(t.done)
	t.running.Wait()
}
