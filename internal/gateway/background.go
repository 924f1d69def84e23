package gateway

import (
	"golang.org/x/sync/errgroup"
)

// runner runs functions in the background of a session.
type runner struct {
	group *errgroup.Group
	of    container
}

// newRunner returns a runner whose functions run in group, which bounds how many do at a time.
// Their panics are contained by of.
func newRunner(group *errgroup.Group, of container) runner { return runner{group, of} }

// try starts f, which must end with the session. It calls refuse if as many run as may, and if f
// panics, so that the SMSC gets an answer and keeps what it has sent.
func (r runner) try(f, refuse func()) {
	started := r.group.TryGo(func() error {
		orRefuse(r.of, f, refuse)
		return nil
	})
	if !started {
		refuse()
	}
}
