package simulator

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
	"readback/smpp/receipt"
)

func (s *script) RemoteAddr() net.Addr { return &net.TCPAddr{} }

// FuzzReactions has a session read anything and react to every request in any way: it ends, and never fails.
func FuzzReactions(f *testing.F) {
	bound := Bind{SystemID: "bank"}.Append(nil, 1)
	m := text(receiver, "Hi")
	m.RegisteredDelivery = 1
	for fate := range byte(Garbled) + 1 {
		f.Add(append(bytes.Clone(bound), submit(m)...), fate, uint32(0), byte(0))
		f.Add(append(append(bytes.Clone(bound), submit(m)...), request(pdu.UnbindRespID)...), fate, uint32(0x58), byte(0xff))
		f.Add([]byte(request(pdu.UnbindID)), fate, uint32(0), byte(5))
	}
	f.Fuzz(func(t *testing.T, octets []byte, fate byte, status uint32, change byte) {
		r := Reaction{Fate: Fate(fate % (byte(Garbled) + 1)), Status: pdu.Status(status)}
		r.Delay = time.Duration(change&1) * time.Microsecond
		r.Receipt = ReceiptChange{
			Lost: change&2 > 0, NoTLVs: change&4 > 0, Copies: int(change >> 6), State: receipt.State(change>>3) % 9, Base: 10,
		}
		bindOnly := change&8 > 0
		c := NewSMSC(Options{
			Network: NewNetwork(HandsetOptions{}),
			React:   func(_ string, f smpp.Frame) (Reaction, bool) { return r, !bindOnly || smpp.IsBind(f.ID()) },
			OnSubmit: func(s Submitted) {
				if s.MessageID != "" && s.Status != 0 || len(s.Frame) < smpp.HeaderLen {
					t.Errorf("OnSubmit got %+v", s)
				}
			},
		})
		s := newSession(c, &script{in: bytes.NewReader(octets)})
		c.add(s)
		if err := s.run(t.Context()); err == nil {
			t.Error("a session ended for no reason")
		}
		if got := len(c.Sessions()); got != 1 {
			t.Errorf("%d sessions before it left", got)
		}
		c.leave(s)
		c.Reset()
	})
}
