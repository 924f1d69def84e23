package gateway

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/testpeer"
	"readback/smpp"
)

// fakeUpstream is the way to an SMSC that the test plays. It takes all requests but those that fail.
type fakeUpstream struct {
	fails   func(n int, f smpp.Frame) bool // n from 0, over all requests
	tried   int
	sent    []smpp.Frame
	refs    []*request
	flushes int
}

func (u *fakeUpstream) Send(f smpp.Frame, _ time.Time, r *request) error {
	n := u.tried
	u.tried++
	if u.fails != nil && u.fails(n, f) {
		return smpp.ErrClosed
	}
	u.sent, u.refs = append(u.sent, bytes.Clone(f)), append(u.refs, r)
	return nil
}

func (u *fakeUpstream) TrySend(f smpp.Frame, at time.Time, r *request) error { return u.Send(f, at, r) }

func (u *fakeUpstream) TrySendOver(f smpp.Frame, at time.Time, r *request) error {
	return u.Send(f, at, r)
}

func (u *fakeUpstream) Flush() { u.flushes++ }

func (*fakeUpstream) FlushNow() {}

// offline is a link of the account bank without an SMSC, and its ESME, which reads.
func offline(t *testing.T, ledger Ledger, acct Account, up *fakeUpstream) (*link, *testpeer.Peer) {
	t.Helper()
	opt := DefaultOptions()
	opt.SMSC, opt.Policies.Default = "smsc:1", acct
	g, err := New(opt, ledger)
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	l := newLink(g, near)
	l.submitter.up, l.bind.account, l.submitter.scratch.Waiting = up, "bank", func() {}
	l.usage, _ = g.usages.Enter("bank", account.Limits{})
	l.submits = g.metrics.submits.account("bank")
	l.esme.SetState(smpp.BoundTRX)
	ended := make(chan struct{})
	go func() {
		_ = l.esme.Run(t.Context(), fromESME{l})
		close(ended)
	}()
	t.Cleanup(func() {
		_ = far.Close()
		<-ended
	})
	return l, testpeer.New(t, far)
}

// ask has the link pass on a request of the ESME's.
func (l *link) ask(t *testing.T, f smpp.Frame) {
	t.Helper()
	l.unanswered.begin(f)
	if err := l.submitter.forward(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	l.esme.Flush()
}

// answer has the link take the SMSC's answer to the request n.
func (u *fakeUpstream) answer(l *link, n int, status pdu.Status, body string) {
	f := u.sent[n]
	_ = l.answered(testpeer.Frame(smpp.ResponseID(f.ID()), status, f.Seq(), body), smscPending{ID: f.ID(), Seq: f.Seq(), Ref: u.refs[n]}, time.Time{})
	l.unanswered.settle()
}

// wantOwed checks how many answers are owed.
func (l *link) wantOwed(t *testing.T, want int64) {
	t.Helper()
	if got := l.unanswered.n.Load(); got != want {
		t.Errorf("owed: got %d answers, want %d", got, want)
	}
}
