//go:build e2e

package acceptance

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"readback/internal/simulator"
	"readback/relay/relaytest"
)

// TestNATSAway has SMS flow while the operator's NATS is away, from the start on and later, and SIGTERM
// end the process meanwhile.
func TestNATSAway(t *testing.T) {
	ctx := within(t)
	store := t.TempDir()
	ns := relaytest.NATS(t, store, server.RANDOM_PORT)
	port := relaytest.Port(t, ns)
	c := startSMSC(t, listen(t, ""), simulator.Options{NoReceipts: true})
	config := free(t).with(settings{"smsc.addr": c.addr, "relay.nats": ns.ClientURL()}).write(t)
	relaytest.Halt(ns)

	away := storeState{name: "NATS is away", why: "NATS is away"}
	g := launchGateway(ctx, t, config, nil)
	w := startTraffic(ctx, t, g.addr)
	away.awaitDown(ctx, g)
	rest(ctx, 3*time.Second)
	w.check("away at start")
	ns = relaytest.NATS(t, store, port)
	g.awaitReady(ctx)
	rest(ctx, time.Second)
	w.check("there")
	relaytest.Halt(ns)
	away.awaitDown(ctx, g)
	rest(ctx, 3*time.Second)
	w.check("away again")
	ns = relaytest.NATS(t, store, port)
	g.awaitReady(ctx)
	relaytest.Halt(ns)
	away.awaitDown(ctx, g)
	w.finish(ctx)
	away.awaitEnd(ctx, g)
}
