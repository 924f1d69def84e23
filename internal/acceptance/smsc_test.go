//go:build e2e

package acceptance

import (
	"context"
	"net"
	"testing"

	"readback/internal/simulator"
)

// smsc is a simulated SMSC that can be stopped, at an address.
type smsc struct {
	*simulator.SMSC
	addr string
	stop func()
}

// startSMSC starts an SMSC; it stops with the test at the latest.
func startSMSC(t *testing.T, ln net.Listener, opt simulator.Options) *smsc {
	t.Helper()
	c := &smsc{SMSC: simulator.NewSMSC(opt), addr: ln.Addr().String()}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx, ln) }()
	stopped := false
	c.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("SMSC: %v", err)
		}
	}
	t.Cleanup(c.stop)
	return c
}
