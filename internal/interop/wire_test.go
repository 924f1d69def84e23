//go:build e2e

package interop

import (
	"fmt"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// wire is a connection of an ESME that keeps no rules.
type wire struct {
	*testpeer.Peer
	saw []string
}

func (w *world) dial() *wire {
	w.Helper()
	return &wire{Peer: testpeer.Dial(w.T, w.addr())}
}

// read notes the next n PDUs.
func (c *wire) read(n int) {
	for i := range n {
		f := c.Next(fmt.Sprintf("PDU %d of %d, after %q", i+1, n, c.saw))
		c.saw = append(c.saw, fmt.Sprintf("% x", []byte(f)))
	}
}

// leave unbinds, and notes what comes until the peer hangs up.
func (c *wire) leave() []string {
	c.Send(frame(pdu.UnbindID, 0x77))
	c.read(1)
	c.WantEnd()
	return c.saw
}

// bindFrame is the bind of the account.
func bindFrame(change func(b *simulator.Bind)) smpp.Frame {
	b := simulator.Bind{SystemID: account, Password: password}
	if change != nil {
		change(&b)
	}
	return b.Append(nil, 1)
}

// TestBinds has binds of unusual shapes.
func TestBinds(t *testing.T) {
	withTLVs := frame(pdu.BindTransceiverID, 1, bindFrame(nil).Body(), oddTLVs)
	tests := []struct {
		name string
		bind smpp.Frame
	}{
		{"version 5.0", bindFrame(func(b *simulator.Bind) { b.Version = 0x50 })},
		{"version 0.1", bindFrame(func(b *simulator.Bind) { b.Version = 0x01 })},
		{"long names", bindFrame(func(b *simulator.Bind) { b.SystemID, b.Password = "a system_id over 16", "a password over 9" })},
		{"no names", bindFrame(func(b *simulator.Bind) { b.SystemID, b.Password = "", "" })},
		{"TLVs", withTLVs},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := scenario{numbered: 1, play: func(w *world) []string {
				c := w.dial()
				c.Send(tt.bind)
				c.read(1)
				c.Send(submit(2, "Hello", nil))
				c.read(1)
				return c.leave()
			}}
			s.run(t)
		})
	}
}

// TestFragments sends PDUs octet by octet, and several at once.
func TestFragments(t *testing.T) {
	s := scenario{numbered: 4, play: func(w *world) []string {
		c := w.dial()
		for _, b := range bindFrame(nil) {
			c.Send([]byte{b})
		}
		c.read(1)
		for _, b := range submit(2, "octet by octet", nil) {
			c.Send([]byte{b})
		}
		c.read(1)
		var all []byte
		for seq := range uint32(3) {
			all = append(all, submit(seq+3, "all at once", nil)...)
		}
		c.Send(all)
		c.read(3)
		return c.leave()
	}}
	s.run(t)
}

// TestEagerESME sends its first message without waiting for the bind_resp.
func TestEagerESME(t *testing.T) {
	s := scenario{numbered: 1, play: func(w *world) []string {
		c := w.dial()
		c.Send(append(bindFrame(nil), submit(2, "without waiting", nil)...))
		c.read(2)
		return c.leave()
	}}
	s.run(t)
}

// TestEagerSMSC sends its first messages together with the bind_resp.
func TestEagerSMSC(t *testing.T) {
	smsc := func() simulator.Options {
		return simulator.Options{Answer: func(_ string, f smpp.Frame) ([]byte, bool) {
			if f.ID() != pdu.BindTransceiverID {
				return nil, false
			}
			out := frame(pdu.BindTransceiverRespID, f.Seq(), cstrings("eager"))
			out = append(out, fromSMSC(5, "at once", nil)...)
			return append(out, frame(vendorID, 6)...), true
		}}
	}
	s := scenario{smsc: smsc, play: func(w *world) []string {
		c := w.dial()
		c.Send(bindFrame(nil))
		c.read(3)
		for _, f := range []smpp.Frame{frame(pdu.DeliverSMRespID, 5, []byte{0}), frame(pdu.GenericNACKID, 6)} {
			c.Send(f)
		}
		if _, err := w.smsc.WaitReceived(w.ctx, 1, pdu.GenericNACKID); err != nil {
			w.Fatalf("the responses do not come: %v", err)
		}
		return c.leave()
	}}
	s.run(t)
}

// TestRefusals has the ESME refuse what the SMSC delivers.
func TestRefusals(t *testing.T) {
	statuses := []pdu.Status{smpp.StatusTempApp, smpp.StatusPermApp, smpp.StatusQueueFull, vendorStatus, 0xFFFFFFFF}
	s := scenario{play: func(w *world) []string {
		e := w.bindRaw(simulator.Bind{}, statuses...)
		for _, status := range statuses {
			w.deliver(fromSMSC(0, "refused", nil), status)
		}
		return e.leave()
	}}
	s.run(t)
}

// TestUnasked has both sides send responses that answer nothing.
func TestUnasked(t *testing.T) {
	s := scenario{play: func(w *world) []string {
		e := w.bindRaw(simulator.Bind{})
		for _, f := range []smpp.Frame{
			frame(pdu.GenericNACKID, 0), frame(pdu.SubmitSMRespID, 0x1234, cstrings("4A7F01")), frame(0x80010200, 9),
		} {
			w.deliver(f, smpp.StatusOK)
			if err := e.Send(f); err != nil {
				w.Fatal(err)
			}
		}
		if _, err := w.smsc.WaitReceived(w.ctx, 1, 0x80010200); err != nil {
			w.Fatalf("at the SMSC: %v", err)
		}
		if _, err := e.WaitReceived(w.ctx, 1, 0x80010200); err != nil {
			w.Fatalf("at the ESME: %v", err)
		}
		return e.leave()
	}}
	s.run(t)
}
