//go:build e2e

package interop

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"readback/internal/gateway"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay"
)

// account is the system_id of the peers under test.
const account = "interop"

// password goes with account.
const password = "secret"

// deadline bounds everything that one run waits for.
const deadline = 40 * time.Second

// world is what a scenario plays in: an SMSC, a tap in front of the ESMEs, and in
// one of the two runs the gateway with a second tap behind it.
type world struct {
	*testing.T
	ctx     context.Context
	smsc    *simulator.SMSC  // nil where the SMSC is another maker's
	relay   *relay.Relay     // nil without gateway
	gateway *gateway.Gateway // likewise

	front, back *tap // the same without gateway

	stops []func() // in the order of stopping
	over  sync.Once
}

// newWorld starts a world. smscAddr is that of another maker's SMSC, empty for
// the simulator.
func newWorld(t *testing.T, gated bool, s *scenario, smscAddr string) *world {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), deadline, context.DeadlineExceeded)
	w := &world{T: t, ctx: ctx}
	if smscAddr == "" {
		var opt simulator.Options
		if s.smsc != nil {
			opt = s.smsc()
		}
		smscAddr = w.startSMSC(opt)
	}
	w.back = newTap(t, smscAddr)
	w.front = w.back
	if gated {
		w.front = newTap(t, w.startGateway(s, w.back.addr()))
	}
	w.stops = append(w.stops, w.front.close, w.back.close, cancel)
	t.Cleanup(w.stop)
	return w
}

// addr is where ESMEs connect to.
func (w *world) addr() string { return w.front.addr() }

// gated reports whether the gateway is in between.
func (w *world) gated() bool { return w.relay != nil }

// stop ends the world from the ESMEs' side on; afterwards the taps are complete.
func (w *world) stop() {
	w.over.Do(func() {
		for _, stop := range w.stops {
			stop()
		}
	})
}

// serve runs a server until the world stops.
func (w *world) serve(name string, ln net.Listener, serve func(context.Context, net.Listener) error) {
	w.Helper()
	w.run(name, func(ctx context.Context) error { return serve(ctx, ln) })
}

// run runs f until the world stops, which waits for it; what was started last is
// stopped first.
func (w *world) run(name string, f func(context.Context) error) {
	w.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.ctx))
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	stop := func() {
		cancel()
		if err := <-done; err != nil {
			w.Errorf("%s: %v", name, err)
		}
	}
	w.stops = append([]func(){stop}, w.stops...)
}

func (w *world) startSMSC(opt simulator.Options) string {
	w.Helper()
	const kept = 10_000
	opt.Keep = kept
	w.smsc = simulator.NewSMSC(opt)
	ln := testpeer.Listen(w.T)
	w.serve("SMSC", ln, w.smsc.Serve)
	return ln.Addr().String()
}
