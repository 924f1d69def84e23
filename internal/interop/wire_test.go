//go:build e2e

package interop

import (
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// wire is a connection of an ESME that keeps no rules.
type wire struct {
	net.Conn
	w   *world
	in  *smpp.Reader
	saw []string
}

func (w *world) dial() *wire {
	w.Helper()
	conn, err := net.Dial("tcp", w.addr())
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = conn.Close() }) // most are closed by then
	if at, ok := w.ctx.Deadline(); ok {
		if err := conn.SetDeadline(at); err != nil {
			w.Fatal(err)
		}
	}
	return &wire{Conn: conn, w: w, in: smpp.NewReader(conn)}
}

func (c *wire) write(b []byte) {
	c.w.Helper()
	if _, err := c.Write(b); err != nil {
		c.w.Fatal(err)
	}
}

// read notes the next n PDUs.
func (c *wire) read(n int) {
	c.w.Helper()
	for i := range n {
		f, err := c.in.Next()
		if err != nil {
			c.w.Fatalf("read PDU %d of %d: %v, after %q", i+1, n, err, c.saw)
		}
		c.saw = append(c.saw, fmt.Sprintf("% x", []byte(f)))
	}
}

// leave unbinds, and notes what comes until the peer hangs up.
func (c *wire) leave() []string {
	c.w.Helper()
	c.write(frame(pdu.UnbindID, 0x77))
	c.read(1)
	if _, err := c.in.Next(); err != io.EOF {
		c.w.Errorf("after the unbind: got %v, want %v", err, io.EOF)
	}
	if err := c.Close(); err != nil {
		c.w.Error(err)
	}
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
				c.write(tt.bind)
				c.read(1)
				c.write(submit(2, "Hello", nil))
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
			c.write([]byte{b})
		}
		c.read(1)
		for _, b := range submit(2, "octet by octet", nil) {
			c.write([]byte{b})
		}
		c.read(1)
		var all []byte
		for seq := range uint32(3) {
			all = append(all, submit(seq+3, "all at once", nil)...)
		}
		c.write(all)
		c.read(3)
		return c.leave()
	}}
	s.run(t)
}

// TestEagerESME sends its first message without waiting for the bind_resp.
func TestEagerESME(t *testing.T) {
	s := scenario{numbered: 1, play: func(w *world) []string {
		c := w.dial()
		c.write(append(bindFrame(nil), submit(2, "without waiting", nil)...))
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
		c.write(bindFrame(nil))
		c.read(3)
		for _, f := range []smpp.Frame{frame(pdu.DeliverSMRespID, 5, []byte{0}), frame(pdu.GenericNACKID, 6)} {
			c.write(f)
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
