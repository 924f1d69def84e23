package simulator

import (
	"bytes"
	"context"
	"net"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// patience bounds what a test waits for.
const patience = 20 * time.Second

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// startSMSC serves an SMSC until the test ends and returns its address.
func startSMSC(t testing.TB, opt Options) (*SMSC, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := NewSMSC(opt)
	serveSMSC(t, c, ln)
	return c, ln.Addr().String()
}

func serveSMSC(t testing.TB, c *SMSC, ln net.Listener) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve = %v, want nil", err)
		}
	})
}

// openESME binds to addr; the test closes it at its end.
func openESME(t testing.TB, addr string, opt ESMEOptions) *ESME {
	t.Helper()
	if opt.SystemID == "" {
		opt.SystemID = "bank"
	}
	e, err := OpenESME(within(t), addr, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func call(t testing.TB, e *ESME, frame []byte) smpp.Frame {
	t.Helper()
	f, err := e.Call(within(t), frame)
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

// pipes is a listener whose connections are in memory, for virtual time.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) dial() net.Conn {
	here, there := net.Pipe()
	p.conns <- there
	return here
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.done)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }
