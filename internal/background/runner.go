// Package background runs what must not hold up the read goroutine of a session.
package background

import (
	"golang.org/x/sync/errgroup"

	"readback/internal/crash"
)

// Runner runs functions in the background of a session.
type Runner struct {
	group *errgroup.Group
	of    crash.Container
}

// New returns a runner whose functions run in group, which bounds how many do at a time.
// Their panics are contained by of.
func New(group *errgroup.Group, of crash.Container) Runner { return Runner{group, of} }

// Try starts f, which must end with the session. It calls refuse if as many run as may, and if f
// panics, so that the SMSC gets an answer and keeps what it has sent.
func (r Runner) Try(f, refuse func()) {
	started := r.group.TryGo(func() error {
		crash.OrRefuse(r.of, f, refuse)
		return nil
	})
	if !started {
		refuse()
	}
}
