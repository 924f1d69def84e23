package gateway

import (
	"errors"
	"fmt"
	"runtime/debug"

	"readback/relay"
	"readback/smpp"
)

// What a panic ends is decided in docs/adr/0019-what-a-panic-ends.md: the link in which it
// happens, or the process where state that links share may be half changed (crash.OnPanic).

// errPanic is why a link ended that has panicked.
var errPanic = errors.New("panic")

// container is whose work a goroutine does: a link, or a bind of the gateway's own.
type container interface {
	// contain is deferred. If the function that defers it panics, that ends there; r is the
	// request that it was about, or nil.
	contain(r *request)
}

// contain ends the link, and gives back what r holds of state that is shared.
func (l *link) contain(r *request) {
	if v := recover(); v != nil {
		l.panicked(v, debug.Stack())
		l.abandon(r)
	}
}

// panicked ends the link, and nothing else.
func (l *link) panicked(v any, stack []byte) {
	l.g.panicked(v, stack, "link", l.remote.String(), "account", l.counted)
	l.close()
	l.esme.Finish(errPanic)
}

func (g *Gateway) panicked(v any, stack []byte, where ...any) {
	g.metrics.panics.Inc()
	g.opt.Logger.With(where...).Error("panic", "value", fmt.Sprint(v), "stack", string(stack))
}

// ended ends the link if one of its sessions has ended by a panic, and reports whether it has.
func (l *link) ended(err error) bool {
	p, ok := errors.AsType[*smpp.PanicError](err)
	if ok {
		l.panicked(p.Value, p.Stack)
	}
	return ok
}

// abandon gives up a request whose answer panicked: its number is given back, and nobody waits
// for it.
func (l *link) abandon(r *request) {
	switch {
	case r == nil:
		return
	case r.sent != nil:
		l.g.intercept.Ledger.Refuse(r.sent) // without effect if the ledger knows its fate
	case r.bind != nil:
		r.bind.settle()
	}
	if m, ok := r.whole.(*splitMessage); ok {
		m.giveUp(l)
	}
}

// abandonUnsent gives up what the ESME's read goroutine was sending when it panicked. That
// goroutine has ended.
func (l *link) abandonUnsent() {
	if s := l.scratch.assigned; s != nil {
		l.g.intercept.Ledger.Refuse(s)
	}
	if m := l.splitting; m != nil {
		m.refuseUnsent(l)
	}
}

// contain notes a panic over one PDU of the SMSC's in shared mode: it concerns one account, and
// the bind is everybody's.
func (s *slot) contain(*request) { s.recovered(recover()) }

// recovered notes what recover returned, and reports whether there was a panic.
func (s *slot) recovered(v any) bool {
	if v == nil {
		return false
	}
	s.pool.g.panicked(v, debug.Stack(), "bind", s.n)
	return true
}

// containTell has a feedback that panicked become a dead letter, so that it does not end the next
// session as well. It is deferred by tell.
func (l *link) containTell(err *error) {
	if v := recover(); v != nil {
		l.panicked(v, debug.Stack())
		*err = relay.Permanent(fmt.Errorf("panic: %v", v))
	}
}
