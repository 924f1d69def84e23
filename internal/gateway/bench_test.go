package gateway

import (
	"testing"

	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/simulator/load"
)

// BenchmarkLink is load, gateway and sink in one process, over TCP. Direct is the
// same without a gateway.
func BenchmarkLink(b *testing.B) {
	_, sink := startSMSC(b, simulator.Options{})
	gateway := func(p numbering.Policy) string {
		return serve(b, setup{smsc: sink, policy: p, ledger: assigning(1)}).addr
	}
	for _, bb := range []struct{ name, addr string }{
		{"direct", sink},
		{"untracked", gateway(numbering.Policy{When: numbering.Off})},
		{"tracked", gateway(numbering.Policy{When: numbering.All})},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			r, err := load.Run(b.Context(), load.Options{
				Bind: simulator.Bind{SystemID: "bank"}, Addr: bb.addr,
				Binds: 4, Window: 16, Messages: b.N, Conversations: 1000,
			})
			if err != nil || r.OK != b.N {
				b.Fatalf("%v\n%v", r, err)
			}
			b.ReportMetric(r.PerSecond(), "msg/s")
		})
	}
}
