package testpeer

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// Peer is an ESME or SMSC whose octets the test writes and reads itself. A test that does not want
// to fail at the first error uses Conn and In.
type Peer struct {
	T    testing.TB
	Conn net.Conn
	In   *smpp.Reader
}

// New returns the peer at this end of conn, which is closed with the test.
func New(t testing.TB, conn net.Conn) *Peer {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(Patience))
	t.Cleanup(func() { _ = conn.Close() }) // many have been closed by then
	return &Peer{t, conn, smpp.NewReader(conn)}
}

// Dial connects to addr.
func Dial(t testing.TB, addr string) *Peer {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return New(t, conn)
}

// Accept takes the next connection of a listener.
func Accept(t testing.TB, ln net.Listener) *Peer {
	t.Helper()
	if tcp, ok := ln.(*net.TCPListener); ok {
		_ = tcp.SetDeadline(time.Now().Add(Patience))
	}
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return New(t, conn)
}

// Send writes all frames at once.
func (p *Peer) Send(frames ...[]byte) {
	p.T.Helper()
	if _, err := p.Conn.Write(bytes.Join(frames, nil)); err != nil {
		p.T.Fatal(err)
	}
}

// Next returns a copy of the next PDU.
func (p *Peer) Next(what string) smpp.Frame {
	p.T.Helper()
	f, err := p.In.Next()
	if err != nil {
		p.T.Fatalf("%s: %v", what, err)
	}
	return bytes.Clone(f)
}

// NextAfter reads the next PDU, which must come exactly after d: time is virtual.
func (p *Peer) NextAfter(what string, d time.Duration) smpp.Frame {
	p.T.Helper()
	begin := time.Now()
	f := p.Next(what)
	if took := time.Since(begin); took != d {
		p.T.Errorf("%s: got % x after %v, want it after %v", what, []byte(f), took, d)
	}
	return f
}

// Want reads the next PDU, which must have these octets.
func (p *Peer) Want(what string, want smpp.Frame) {
	p.T.Helper()
	if got := p.Next(what); !bytes.Equal(got, want) {
		p.T.Fatalf("%s: got\n% x, want\n% x", what, []byte(got), []byte(want))
	}
}

// WantNothing checks that no octet comes for a moment.
func (p *Peer) WantNothing() {
	p.T.Helper()
	_ = p.Conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if f, err := p.In.Next(); !errors.Is(err, os.ErrDeadlineExceeded) {
		p.T.Fatalf("got % x, %v, want nothing", []byte(f), err)
	}
	_ = p.Conn.SetReadDeadline(time.Now().Add(Patience))
}

// WantEnd reads the end of the connection.
func (p *Peer) WantEnd() {
	p.T.Helper()
	if f, err := p.In.Next(); !smpp.Gone(err) {
		p.T.Fatalf("got % x, %v, want the end of the connection", []byte(f), err)
	}
	_ = p.Conn.Close()
}

// ReadToEnd reads to the end of the connection, whatever comes before it.
func (p *Peer) ReadToEnd() {
	p.T.Helper()
	for {
		if _, err := p.In.Next(); err != nil {
			if !smpp.Gone(err) {
				p.T.Fatalf("got %v, want the end of the connection", err)
			}
			_ = p.Conn.Close()
			return
		}
	}
}

// ReadOn reads what comes and answers nothing, until the connection ends.
func (p *Peer) ReadOn() { go func() { _, _ = io.Copy(io.Discard, p.Conn) }() }

// Unbind answers the unbind of a gateway, which comes next, and reads the end.
func (p *Peer) Unbind() {
	p.T.Helper()
	f := p.Next("unbind")
	if f.ID() != pdu.UnbindID || f.Seq() < smpp.OwnSeq {
		p.T.Fatalf("got % x, want an unbind of the gateway", []byte(f))
	}
	p.Send(Frame(pdu.UnbindRespID, 0, f.Seq(), ""))
	p.WantEnd()
}

// Frame makes a PDU of body.
func Frame(id pdu.ID, status pdu.Status, seq uint32, body string) smpp.Frame {
	return append(smpp.AppendHeader(nil, id, status, seq, len(body)), body...)
}
