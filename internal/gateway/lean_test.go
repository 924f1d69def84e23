package gateway

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// acceptAll is an SMSC that accepts every message, in batches, and allocates nothing for that.
func acceptAll(p *testpeer.Peer) {
	var out []byte
	for {
		f, err := p.In.Next()
		if err != nil {
			return
		}
		out = smpp.AppendDelivered(out, f.ID(), smpp.StatusOK, f.Seq())
		if p.In.Buffered() {
			continue
		}
		if _, err := p.Conn.Write(out); err != nil {
			return
		}
		out = out[:0]
	}
}

// A message without a number, and its response, pass without an allocation: one by one, in a window, and while
// messages wait for the window of the SMSC.
func TestUntrackedAllocates(t *testing.T) {
	for _, tt := range []struct {
		name   string
		window int // of the ESME
	}{{"one by one", 1}, {"in a window", 16}, {"held back", 300}} {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(t, setup{policy: numbering.Policy{When: numbering.Off}})
			esme, smsc := w.bind(simulator.Bind{})
			go acceptAll(smsc)
			var burst []byte
			for i := range tt.window {
				burst = append(burst, testpeer.Frame(pdu.SubmitSMID, 0, uint32(2+i), simpleBody)...)
			}
			exchange := func() {
				if _, err := esme.Conn.Write(burst); err != nil {
					t.Fatal(err)
				}
				for i := range tt.window {
					if f, err := esme.In.Next(); err != nil || f.Seq() != uint32(2+i) || f.Status() != smpp.StatusOK {
						t.Fatalf("response %d: got % x, %v", i, f, err)
					}
				}
			}
			for range 50 {
				exchange()
			}
			got := testing.AllocsPerRun(100, exchange)
			if most := float64(tt.window) / 10; got > most {
				t.Errorf("got %v allocations for %d messages and their responses, want at most %v", got, tt.window, most)
			}
		})
	}
}

// simpleBody is the body of a submit_sm from 10690001 to 447700900101.
const simpleBody = "\x00\x01\x0110690001\x00\x01\x01447700900101\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x05Hello"
