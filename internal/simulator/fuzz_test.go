package simulator

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// script is a connection whose peer says all it has to say and leaves.
type script struct {
	net.Conn
	in  *bytes.Reader
	out bytes.Buffer
}

func (s *script) Read(b []byte) (int, error)       { return s.in.Read(b) }
func (s *script) Write(b []byte) (int, error)      { return s.out.Write(b) }
func (s *script) Close() error                     { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// FuzzSMSC has a session read anything: what it answers is whole PDUs, and as
// many as there were requests, a generic_nack at the end and receipts apart.
func FuzzSMSC(f *testing.F) {
	bound := Bind{SystemID: "bank"}.Append(nil, 1)
	m := text(receiver, "Hi")
	m.RegisteredDelivery = 1
	for _, frame := range []smpp.Frame{
		submit(m),
		submit(text("447700909001", "Hi")),
		request(pdu.DataSMID, "", 0, 1, sender, 1, 1, receiver, 0x40, 1, 1),
		request(pdu.SubmitMultiID, "", 0, 1, sender, 2, 1, 1, 1, receiver, 2, "list", 0, 0, 0, "", "", 0, 0, 0, 0, 0),
		request(pdu.QuerySMID, "4A7F01", 0, 1, sender),
		request(pdu.CancelSMID, "", "4A7F01", 0, 1, sender, 1, 1, receiver),
		request(pdu.ReplaceSMID, "4A7F01", 0, 1, sender, "", "", 1, 0, 0),
		request(pdu.UnbindID),
		request(pdu.DeliverSMRespID, ""),
	} {
		f.Add(append(bytes.Clone(bound), frame...))
		f.Add([]byte(frame))
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		requests := 0
		c := NewSMSC(Options{Network: NewNetwork(HandsetOptions{}), Keep: 10, OnFrame: func(r Record) {
			if !r.Frame.IsResponse() {
				requests++
			}
		}})
		conn := &script{in: bytes.NewReader(octets)}
		s := newSession(c, conn)
		if err := s.run(t.Context()); err == nil {
			t.Error("a session ended for no reason")
		}
		c.leave(s)
		responses := 0
		in := smpp.NewReader(&conn.out)
		for {
			f, err := in.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("answered with what is no PDU: %v", err)
			}
			if f.IsResponse() {
				responses++
			}
		}
		if responses > requests+1 {
			t.Errorf("%d responses to %d requests", responses, requests)
		}
	})
}

// FuzzHandset has a handset get any three parts: it never fails, and no message
// is made of more parts than came.
func FuzzHandset(f *testing.F) {
	f.Add([]byte("\x05\x00\x03\x07\x02\x01Hel"), []byte("\x05\x00\x03\x07\x02\x02lo"), []byte("Hi#001"), byte(0x03), byte(1))
	f.Add([]byte("\x09\x00\x03\x07\x02\x02\x80\x02\x00\x01"), []byte("\x06\x08\x04\x00\x07\x02\x01"), []byte("\xff"), byte(0x07), byte(8))
	f.Add([]byte("\xd8\x3d"), []byte("\x1b"), []byte(""), byte(0), byte(0))
	f.Fuzz(func(t *testing.T, a, b, c []byte, headers, coding byte) {
		h := NewHandset(receiver, HandsetOptions{})
		for i, ud := range [][]byte{a, b, c} {
			m := ShortMessage{From: Number(sender), To: Number(receiver), DataCoding: coding, UserData: ud}
			if headers>>i&1 == 1 {
				m.ESMClass = smpp.ESMClassUDHI
			}
			v, err := smpp.ParseMessage(submit(m))
			if err != nil {
				t.Fatal(err)
			}
			h.Receive(v)
		}
		parts := 0
		for _, m := range h.Messages() {
			parts += m.Parts
			if m.HasNumber != (m.Carriage != "") || m.HasNumber && m.Carriage == ByElement && len(m.Element) < 4 {
				t.Errorf("message %+v: number and carriage disagree", m)
			}
		}
		if parts > 3 {
			t.Errorf("%d parts in messages, three came", parts)
		}
	})
}
