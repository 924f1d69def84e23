//go:build e2e

package acceptance

import (
	"net"
	"testing"

	"readback/internal/simulator"
	"readback/internal/testpeer"
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
	c.stop = testpeer.Serve(t, "the SMSC", ln, c.Serve)
	return c
}
