package testpeer

import (
	"bytes"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// Peer is an ESME or SMSC whose octets the test writes and reads itself.
type Peer struct {
	Conn net.Conn
	t    testing.TB
	in   *smpp.Reader
}

// New returns the peer at this end of conn, which is closed with the test.
func New(t testing.TB, conn net.Conn) *Peer {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(Patience))
	t.Cleanup(func() { _ = conn.Close() }) // many have been closed by then
	return &Peer{conn, t, smpp.NewReader(conn)}
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

// Accept takes the next connection of a TCP listener.
func Accept(t testing.TB, ln net.Listener) *Peer {
	t.Helper()
	_ = ln.(*net.TCPListener).SetDeadline(time.Now().Add(Patience))
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return New(t, conn)
}

// Send writes all frames at once.
func (p *Peer) Send(frames ...[]byte) {
	p.t.Helper()
	if _, err := p.Conn.Write(bytes.Join(frames, nil)); err != nil {
		p.t.Fatal(err)
	}
}

// Next returns a copy of the next PDU.
func (p *Peer) Next(what string) smpp.Frame {
	p.t.Helper()
	f, err := p.in.Next()
	if err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
	return bytes.Clone(f)
}

// Want reads the next PDU, which must have these octets.
func (p *Peer) Want(what string, want smpp.Frame) {
	p.t.Helper()
	if got := p.Next(what); !bytes.Equal(got, want) {
		p.t.Fatalf("%s: got\n% x, want\n% x", what, []byte(got), []byte(want))
	}
}

// WantNothing checks that no octet comes for a moment.
func (p *Peer) WantNothing() {
	p.t.Helper()
	_ = p.Conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if f, err := p.in.Next(); !errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Fatalf("got % x, %v, want nothing", []byte(f), err)
	}
	_ = p.Conn.SetReadDeadline(time.Now().Add(Patience))
}

// WantEnd reads the end of the connection.
func (p *Peer) WantEnd() {
	p.t.Helper()
	if f, err := p.in.Next(); !smpp.Gone(err) {
		p.t.Fatalf("got % x, %v, want the end of the connection", []byte(f), err)
	}
	_ = p.Conn.Close()
}

// Unbind answers the unbind of a gateway, which comes next, and reads the end.
func (p *Peer) Unbind() {
	p.t.Helper()
	f := p.Next("unbind")
	if f.ID() != pdu.UnbindID || f.Seq() < smpp.OwnSeq {
		p.t.Fatalf("got % x, want an unbind of the gateway", []byte(f))
	}
	p.Send(Frame(pdu.UnbindRespID, 0, f.Seq(), ""))
	p.WantEnd()
}

// Frame makes a PDU of body.
func Frame(id pdu.ID, status pdu.Status, seq uint32, body string) smpp.Frame {
	return append(smpp.AppendHeader(nil, id, status, seq, len(body)), body...)
}
