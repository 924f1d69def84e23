package gateway

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"readback/smpp"
)

// What a panic ends is decided in docs/adr/0019-what-a-panic-ends.md: the link in which it
// happens, or the process where state that links share may be half changed (crash.OnPanic).

// errPanic is the reason for the end of a link that has panicked.
var errPanic = errors.New("panic")

// Contain ends the link.
func (l *link) Contain() {
	if v := recover(); v != nil {
		l.panicked(v, debug.Stack())
	}
}

// containAnswer is Contain for the handling of the answer to r. It gives up r.
func (l *link) containAnswer(r *request) {
	if v := recover(); v != nil {
		l.panicked(v, debug.Stack())
		l.abandon(r)
	}
}

// panicked ends the link, and nothing else.
func (l *link) panicked(v any, stack []byte) {
	l.g.panicked(l.log.Load(), v, stack)
	l.takeNoMore()
	l.esme.Finish(errPanic)
}

func (g *Gateway) panicked(log *slog.Logger, v any, stack []byte) {
	g.metrics.panics.Inc()
	log.Error("panic", "value", fmt.Sprint(v), "stack", string(stack))
}

// ended ends the link if one of its sessions has ended by a panic, and reports whether that is so.
func (l *link) ended(err error) bool {
	p, ok := errors.AsType[*smpp.PanicError](err)
	if ok {
		l.panicked(p.Value, p.Stack)
	}
	return ok
}

// abandon gives up a request in the handling of whose answer there was a panic: its number is
// given back, and nobody waits for it.
func (l *link) abandon(r *request) {
	switch {
	case r.sent != nil:
		l.g.ledger.Refuse(r.sent) // without effect after Accept
	case r.bind != nil:
		r.bind.settle()
	}
	if m, ok := r.group.(*splitMessage); ok {
		m.abandon()
	}
}

// abandonUnsent gives up the message that was being passed on when its goroutine panicked. That
// goroutine has ended.
func (l *link) abandonUnsent() {
	defer l.Contain()
	if s := l.submitter.scratch.Assigned; s != nil {
		l.g.ledger.Refuse(s)
	}
	if m := l.submitter.splitting; m != nil {
		m.refuseUnsent()
	}
}

// Contain ends nothing: the panic concerns one PDU of the SMSC's, and the bind is everybody's.
func (l *fromPool) Contain() {
	if v := recover(); v != nil {
		l.panicked(v, debug.Stack())
	}
}

func (l *fromPool) panicked(v any, stack []byte) {
	l.g.panicked(l.g.opt.Logger.With("bind", l.bind), v, stack)
}
