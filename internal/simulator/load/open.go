package load

import (
	"context"
	"errors"
	"net"
	"time"

	"readback/internal/simulator"
	"readback/smpp"
)

// bindAgain is how long a session waits before it binds again.
const bindAgain = 200 * time.Millisecond

// openLoader connects and binds the ith session. A gateway that has been sent many binds answers
// ESME_RTHROTTLED; then it binds again for as long as nothing may come.
func openLoader(ctx context.Context, opt Options, i int) (*loader, error) {
	until := time.Now().Add(opt.Stall)
	for {
		l, err := tryOpen(ctx, opt, i)
		if !errors.Is(err, smpp.StatusThrottled) || time.Now().After(until) {
			return l, err
		}
		select {
		case <-time.After(bindAgain):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func tryOpen(ctx context.Context, opt Options, i int) (*loader, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", opt.Addr)
	if err != nil {
		return nil, err
	}
	l := newLoader(opt, i, conn)
	if _, err := simulator.SendBind(ctx, conn, l.in, opt.Bind); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}
