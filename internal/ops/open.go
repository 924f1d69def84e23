package ops

import (
	"context"
	"errors"
	"net/http"
	"sync"
)

// errWithdrawn ends the context of a request whose sender is no longer an operator, or has lost a role.
var errWithdrawn = errors.New("a reload has removed this operator, or one of its roles, from ops.operators")

// Withdrawn returns why a request that a Server has let through must not be answered any more: its sender is no longer
// an operator, or has lost a role. Its context has ended then. Withdrawn returns nil for all other requests.
func Withdrawn(r *http.Request) error {
	if err := context.Cause(r.Context()); errors.Is(err, errWithdrawn) {
		return err
	}
	return nil
}

// openRequests are the requests of operators that are being answered. The bound of the connections is theirs, too.
type openRequests struct {
	mu  sync.Mutex
	all map[*http.Request]context.CancelCauseFunc // guarded by mu
}

// add returns r with a context that end can end. The caller must call done when r is answered.
func (o *openRequests) add(r *http.Request) (open *http.Request, done func()) {
	ctx, cancel := context.WithCancelCause(r.Context())
	open = r.WithContext(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil {
		o.all = make(map[*http.Request]context.CancelCauseFunc)
	}
	o.all[open] = cancel
	return open, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.all, open)
		cancel(nil)
	}
}

// end ends the requests whose senders may not go on.
func (o *openRequests) end(mayGoOn func(*http.Request) bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for r, cancel := range o.all {
		if !mayGoOn(r) {
			cancel(errWithdrawn)
		}
	}
}

// endWithdrawn ends the open requests of those who are no longer operators, or have lost a role.
func (g *guard) endWithdrawn() { g.open.end(g.stillMay) }

// stillMay reports whether whoever sent a request is still known, and has all the roles it had then.
func (g *guard) stillMay(r *http.Request) bool {
	_, pattern := g.rules.Handler(r)
	by, err := g.identify(g.access(), r, pattern)
	return err == nil && RolesOf(r)&^by.Roles == 0
}
