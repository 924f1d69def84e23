//go:build e2e

package interop

import (
	"context"
	"net"
	"time"

	"readback/internal/gateway"
	"readback/internal/numbering"
	"readback/internal/testpeer"
	"readback/relay"
	"readback/relay/message"
	"readback/relay/reads"
)

// startGateway starts a gateway with its relay and returns where it listens. It
// tracks all messages, by the element unless the scenario's policies say otherwise.
func (w *world) startGateway(s *scenario, smsc string) string {
	w.Helper()
	store := relay.DefaultOptions()
	store.Store = w.TempDir()
	r, err := relay.Open(store)
	if err != nil {
		w.Fatalf("open relay: %v", err)
	}
	w.relay = r
	w.run("relay", r.Run)
	if err := r.WaitReady(w.ctx); err != nil {
		w.Fatalf("relay is not ready: %v", err)
	}
	opt := gateway.DefaultOptions()
	opt.SMSC = smsc
	opt.DrainTimeout = time.Second // peers that leave without a word are not what is tested
	opt.Policies = s.policies
	if opt.Policies.Default.Policy == (numbering.Policy{}) {
		opt.Policies.Default.Policy = numbering.Policy{When: numbering.All}
	}
	opt.Deliver = r.Feedback().Deliver
	g, err := gateway.New(opt, r.Ledger())
	if err != nil {
		w.Fatalf("gateway: %v", err)
	}
	w.gateway = g
	ln := testpeer.Listen(w.T)
	w.serve("gateway", ln, func(ctx context.Context, ln net.Listener) error { return g.Serve(ctx, ln) })
	return ln.Addr().String()
}

// read is the receiver's app telling that it has shown a message.
func (w *world) read(sender, receiver string, number uint16) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, deadline)
	defer cancel()
	verdict := w.relay.Reads().Submit(ctx, reads.Read{Sender: sender, Receiver: receiver, Number: number, Status: message.StatusRead})
	if !verdict.IsAccepted() {
		w.Fatalf("read of %d: got %+v, want that it is accepted", number, verdict)
	}
}
