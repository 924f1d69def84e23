package simulator

import (
	"bytes"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

// counted is a script that counts writes and, with an error, fails them.
type counted struct {
	script
	err    error
	writes int
	closed atomic.Int32
}

func (c *counted) Write(b []byte) (int, error) {
	c.writes++
	if c.err != nil {
		return 0, c.err
	}
	return c.script.Write(b)
}

func (c *counted) SetWriteDeadline(time.Time) error { return nil }

func (c *counted) Close() error {
	c.closed.Add(1)
	return nil
}

func TestWriterClosesOnFailure(t *testing.T) {
	conn := &counted{err: errors.New("gone")}
	w := writer{conn: conn}
	if err := w.flush(); err != nil || conn.writes != 0 {
		t.Errorf("nothing to write: %v after %d writes, want none", err, conn.writes)
	}
	w.add([]byte("x"))
	if err := w.flush(); !errors.Is(err, conn.err) || conn.closed.Load() != 1 {
		t.Errorf("flush = %v, closed %d times, want %v and once", err, conn.closed.Load(), conn.err)
	}
}

// TestAnswersAreBatched has many requests come at once: their answers and
// receipts leave at once.
func TestAnswersAreBatched(t *testing.T) {
	octets := []byte(Bind{SystemID: "bank"}.Append(nil, 1))
	m := text(receiver, "Hi")
	m.RegisteredDelivery = 1
	const messages = 20
	for seq := range uint32(messages) {
		octets = append(octets, m.Append(nil, pdu.SubmitSMID, seq+2)...)
	}
	conn := &counted{script: script{in: bytes.NewReader(octets)}}
	s := newSession(NewSMSC(Options{}), conn)
	if err := s.run(t.Context()); err == nil {
		t.Error("run = nil, want the end of the connection")
	}
	if conn.writes != 1 {
		t.Errorf("%d writes, want 1", conn.writes)
	}
	if got, want := bytes.Count(conn.out.Bytes(), []byte("stat:DELIVRD")), messages; got != want {
		t.Errorf("%d receipts, want %d", got, want)
	}
}

// TestReceiptsComeBack has two sessions of an account: receipts prefer the one
// that submitted.
func TestReceiptsComeBack(t *testing.T) {
	_, addr := startSMSC(t, Options{})
	here, there := openESME(t, addr, ESMEOptions{}), openESME(t, addr, ESMEOptions{})
	m := text(receiver, "Hi")
	m.RegisteredDelivery = 1
	const messages = 10
	for range messages {
		call(t, here, submit(m))
	}
	got, err := here.WaitReceived(testpeer.Within(t), messages, pdu.DeliverSMID)
	if err != nil || len(got) != messages || len(there.Received(pdu.DeliverSMID)) != 0 {
		t.Errorf("%d receipts here, %v, %d there, want all here", len(got), err, len(there.Received(pdu.DeliverSMID)))
	}
	if f := got[0].Frame; f.Seq() < defaultFirstSeq || f.Seq() >= smpp.OwnSeq {
		t.Errorf("receipt numbered %08x, want from %08x up", f.Seq(), defaultFirstSeq)
	}
}
