package gateway

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/ledger"
	"readback/smpp"
)

// A part is taken back even if other requests fill the window.
func TestCancelWithFullWindow(t *testing.T) {
	opt := DefaultOptions()
	opt.SMSC = "smsc:1"
	opt.Window = 1
	g, err := New(opt, fakeLedger{})
	if err != nil {
		t.Fatal(err)
	}
	esme, far := net.Pipe()
	smsc, peer := net.Pipe()
	l := newLink(g, esme)
	session := g.newSMSCSession(smsc, l)
	session.SetState(smpp.BoundTRX)
	l.submitter.up = session
	if err := l.submitter.up.TrySend(text(receiver, 2), time.Time{}, l.submitter.untracked); err != nil {
		t.Fatal(err)
	}
	c := &rollback{of: &splitMessage{link: l, sent: new(ledger.Sent)}, ids: [][]byte{[]byte("id1"), []byte("id2")}}
	c.next()
	if c.at != 0 || l.unanswered.n.Load() != 1 {
		t.Errorf("part %d is cancelled, %d answers owed; want the first part, one answer", c.at+1, l.unanswered.n.Load())
	}
	session.Finish(io.EOF)
	var left []pdu.ID
	for _, p := range session.Abandoned() {
		left = append(left, p.ID)
	}
	if len(left) != 2 || left[1] != pdu.CancelSMID {
		t.Errorf("under way were %v, want a submit_sm and a cancel_sm", left)
	}
	for _, conn := range []net.Conn{esme, far, smsc, peer} {
		_ = conn.Close()
	}
}
