package gateway

import (
	"golang.org/x/sync/errgroup"
)

// maxAside bounds what waits aside of the read goroutine, of one session with the SMSC:
// receipts for the answer to their message, reads for their verdict. More are refused for now.
const maxAside = 1000

// aside is where what must not hold up a session's read goroutine waits.
type aside struct {
	group *errgroup.Group
	of    container
}

// try starts f, which must end with the session. It calls refuse if too much waits already, and if f panics, so that the SMSC
// gets an answer and keeps what it has sent.
func (a aside) try(f, refuse func()) {
	started := a.group.TryGo(func() error {
		orRefuse(a.of, f, refuse)
		return nil
	})
	if !started {
		refuse()
	}
}
