package gateway

import (
	"bytes"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// peer is a connection whose octets the test writes and reads itself.
type peer struct {
	t    testing.TB
	conn net.Conn
	in   *smpp.Reader
}

func newPeer(t testing.TB, conn net.Conn) *peer {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { _ = conn.Close() })
	return &peer{t, conn, smpp.NewReader(conn)}
}

// send writes all frames at once.
func (p *peer) send(frames ...[]byte) {
	p.t.Helper()
	if _, err := p.conn.Write(bytes.Join(frames, nil)); err != nil {
		p.t.Fatal(err)
	}
}

// next returns a copy of the next PDU.
func (p *peer) next(what string) smpp.Frame {
	p.t.Helper()
	f, err := p.in.Next()
	if err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
	return bytes.Clone(f)
}

// want reads the next PDU, which must have these octets.
func (p *peer) want(what string, want smpp.Frame) {
	p.t.Helper()
	if got := p.next(what); !bytes.Equal(got, want) {
		p.t.Fatalf("%s: got\n% x, want\n% x", what, []byte(got), []byte(want))
	}
}

// wantNothing checks that no octet comes for a moment.
func (p *peer) wantNothing() {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if f, err := p.in.Next(); !errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Fatalf("got % x, %v, want nothing", []byte(f), err)
	}
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
}

// wantEnd reads the end of the connection.
func (p *peer) wantEnd() {
	p.t.Helper()
	if f, err := p.in.Next(); !smpp.Gone(err) {
		p.t.Fatalf("got % x, %v, want the end of the connection", []byte(f), err)
	}
	_ = p.conn.Close()
}

// unbind answers the unbind of the gateway, which comes next, and reads the end.
func (p *peer) unbind() {
	p.t.Helper()
	f := p.next("unbind")
	if f.ID() != pdu.UnbindID || f.Seq() < smpp.OwnSeq {
		p.t.Fatalf("got % x, want an unbind of the gateway", []byte(f))
	}
	p.send(frame(pdu.UnbindRespID, 0, f.Seq(), ""))
	p.wantEnd()
}

// frame makes a PDU of body.
func frame(id pdu.ID, status pdu.Status, seq uint32, body string) smpp.Frame {
	return append(smpp.AppendHeader(nil, id, status, seq, len(body)), body...)
}

// text is a submit_sm to the receiver.
func text(to string, seq uint32) smpp.Frame {
	return simulator.ShortMessage{
		From: simulator.Number("10690001"), To: simulator.Number(to), UserData: []byte("Your code is 4711."),
	}.Append(nil, pdu.SubmitSMID, seq)
}

const receiver = "447700900123"

// accepted is the submit_sm_resp with a message_id.
func accepted(seq uint32, id string) smpp.Frame { return frame(pdu.SubmitSMRespID, 0, seq, id+"\x00") }

// refusal is the response that refuses f.
func refusal(f smpp.Frame, status pdu.Status) smpp.Frame {
	return smpp.AppendRefusal(nil, f.ID(), status, f.Seq())
}
