//go:build e2e

package interop

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/gateway"
	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/smpp"
	"readback/udh"
)

// TestDissectionOfGateway sends a choice of the messages of TestDissection through the
// whole gateway, and has Wireshark read what the SMSC gets.
func TestDissectionOfGateway(t *testing.T) {
	s := &scenario{
		smsc: func() simulator.Options { return simulator.Options{PlainReceivers: true} },
		policies: gateway.Policies{Default: gateway.Account{
			Policy: numbering.Policy{When: numbering.All, Overflow: numbering.SplitNoRoom},
		}},
	}
	w := newWorld(t, true, s, "")
	e := w.bindRaw(simulator.Bind{})
	c := newCapture(t, false)
	for _, dc := range mainCodings {
		for _, o := range owns {
			for _, length := range []int{0, 8, 64, 130, 131, 140, 150, 154, 160, 400} {
				c.addSent(e, c.newSample(dc, o, length, length))
			}
		}
	}
	e.leave()
	w.stop()
	got := map[string][]smpp.Frame{} // by receiver
	for _, f := range w.back.traffic(t)[0].up {
		if m, err := smpp.ParseMessage(f); err == nil && f.ID() == pdu.SubmitSMID {
			got[string(m.To.Addr)] = append(got[string(m.To.Addr)], f)
		}
	}
	for i := range c.passages {
		c.addGot(&c.passages[i], got)
	}
	c.dissect()
	const least = 8
	c.checkTally(least)
}

// addSent sends a message.
func (c *capture) addSent(e *rawESME, s *sample) {
	f := s.frame(len(c.all))
	f.SetSeq(uint32(len(c.all)) + 2)
	e.call(bytes.Clone(f))
	c.passages = append(c.passages, passage{sample: s, in: f, inAt: len(c.all)})
	c.all = append(c.all, s.frame(len(c.all)+50_000_000)) // Wireshark is not to put it together with its parts
}

// addGot adds what the SMSC got of a message, its number the first of its conversation.
func (c *capture) addGot(p *passage, got map[string][]smpp.Frame) {
	m, err := smpp.ParseMessage(p.in)
	if err != nil {
		c.t.Fatal(err)
	}
	p.outAt, p.out, p.skip = len(c.all), got[string(m.To.Addr)], numbering.NoRoom
	c.all = append(c.all, p.out...)
	if len(p.out) == 0 {
		c.t.Fatalf("%v: the SMSC did not get it", p.sample)
	}
	if m, err = smpp.ParseMessage(p.out[0]); err != nil || !m.HasUDH() {
		return
	}
	if _, ok := udh.Number(m.UserData(), iei); ok {
		p.skip, p.element = numbering.Numbered, "0001"
	}
	if h, err := udh.ParseHeader(m.UserData()); err == nil {
		part, _ := h.Concat()
		p.ref = fmt.Sprint(part.Ref)
	}
}
