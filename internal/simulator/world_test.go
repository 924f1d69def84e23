package simulator

import (
	"bytes"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

// startSMSC serves an SMSC until the test ends and returns its address.
func startSMSC(t testing.TB, opt Options) (*SMSC, string) {
	t.Helper()
	c, ln := NewSMSC(opt), testpeer.Listen(t)
	testpeer.Serve(t, "the SMSC", ln, c.Serve)
	return c, ln.Addr().String()
}

// openESME binds to addr; the test closes it at its end.
func openESME(t testing.TB, addr string, opt ESMEOptions) *ESME {
	t.Helper()
	if opt.SystemID == "" {
		opt.SystemID = "bank"
	}
	e, err := OpenESME(testpeer.Within(t), addr, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func call(t testing.TB, e *ESME, frame []byte) smpp.Frame {
	t.Helper()
	f, err := e.Call(testpeer.Within(t), frame)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const (
	sender   = "10690001"
	receiver = "447700900123"
)

// text is a submit_sm to the receiver.
func text(to, say string) ShortMessage {
	return ShortMessage{From: Number(sender), To: Number(to), DataCoding: 1, UserData: []byte(say)}
}

func submit(m ShortMessage) smpp.Frame { return m.Append(nil, pdu.SubmitSMID, 0) }

// request is any PDU with a body of C-octet strings and octets.
func request(id pdu.ID, body ...any) smpp.Frame {
	var b bytes.Buffer
	for _, part := range body {
		switch v := part.(type) {
		case string:
			b.WriteString(v)
			b.WriteByte(0)
		case int:
			b.WriteByte(byte(v))
		}
	}
	return append(smpp.AppendHeader(nil, id, 0, 0, b.Len()), b.Bytes()...)
}

// messageID is that of a response.
func messageID(f smpp.Frame) string {
	r := fields{b: f.Body()}
	return string(r.cstring())
}
