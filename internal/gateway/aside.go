package gateway

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// maxAside bounds what waits aside of the read goroutine, of one session with the SMSC:
// receipts for the answer to their message, reads for their verdict. More are refused for now.
const maxAside = 1000

// aside is where what must not hold up a session's read goroutine waits.
type aside struct {
	over  context.Context // ends with the session
	group *errgroup.Group
	of    container
}

// try starts f, unless too much waits already.
func (a aside) try(f func(over context.Context)) bool {
	return a.group.TryGo(func() error {
		defer a.of.contain(nil)
		f(a.over)
		return nil
	})
}
