package gateway

import (
	"runtime"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// awaitSessions returns the sessions when there are n.
func (w *world) awaitSessions(n int) (all []Session) {
	w.t.Helper()
	for ctx := testpeer.Within(w.t); ctx.Err() == nil; runtime.Gosched() {
		if all = w.Sessions(); len(all) == n {
			return all
		}
	}
	w.t.Fatalf("got %d sessions, want %d", len(all), n)
	return nil
}

// An operator sees who is connected: the account and the bind when there is one, and what is under way.
func TestSessions(t *testing.T) {
	acct := Account{Limits: account.Limits{Rate: 50, Window: 7}}
	inBothModes(t, setup{}, acct, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		stranger := w.connect()
		all := w.awaitSessions(2)
		for ctx := testpeer.Within(t); all[0].Unanswered > 0 && ctx.Err() == nil; all = w.Sessions() {
			runtime.Gosched() // the bind is counted until its response has been written
		}
		bound, unbound := all[0], all[1]
		if bound.Account != "bank" || bound.Bind != pdu.BindTransceiverID || bound.Limits != acct.Limits || bound.IsTLS ||
			bound.Remote.String() != esme.Conn.LocalAddr().String() || bound.Since.IsZero() || bound.Unanswered != 0 {
			t.Errorf("bound: got %+v", bound)
		}
		if unbound.Account != "" || unbound.Bind != 0 || unbound.ID <= bound.ID || unbound.Remote.String() != stranger.Conn.LocalAddr().String() {
			t.Errorf("unbound: got %+v", unbound)
		}
		esme.Send(text(receiver, 2))
		f := smsc.Next("submit_sm")
		if s := w.Sessions()[0]; s.Unanswered != 1 || s.Messages != 1 {
			t.Errorf("got %d unanswered of %d messages, want 1 of 1", s.Unanswered, s.Messages)
		}
		smsc.Send(accepted(f.Seq(), "A"))
		esme.Next("submit_sm_resp")
		_ = stranger.Conn.Close()
		w.awaitSessions(1)
	})
}

// A session that an operator ends gets the answers that are under way, and is unbound. Others stay, and the
// ESME may come again.
func TestEndSession(t *testing.T) {
	inBothModes(t, setup{}, Account{}, func(t *testing.T, w *world, log logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		stranger := w.connect()
		all := w.awaitSessions(2)
		esme.Send(text(receiver, 2))
		f := smsc.Next("submit_sm")
		for _, s := range all {
			if !w.EndSession(s.ID) {
				t.Errorf("session %d is not there", s.ID)
			}
		}
		stranger.WantEnd()
		smsc.Send(accepted(f.Seq(), "A"))
		esme.Want("submit_sm_resp", accepted(2, "A"))
		unbind := esme.Next("unbind")
		if unbind.ID() != pdu.UnbindID {
			t.Fatalf("got % x, want unbind", []byte(unbind))
		}
		esme.Send(testpeer.Frame(pdu.UnbindRespID, 0, unbind.Seq(), ""))
		if w.opt.Shared == nil {
			smsc.Unbind()
		}
		esme.WantEnd()
		log.want(t, "link ended", "ended by an operator", "account=bank")
		w.awaitSessions(0)
		if w.EndSession(all[0].ID) {
			t.Error("a session that has ended was ended again")
		}
		again := w.connect()
		again.Send(simulator.Bind{SystemID: "bank", Password: "secret"}.Append(nil, 1))
		if w.opt.Shared == nil {
			w.accept()
			return
		}
		if f := again.Next("bind_resp"); f.Status() != smpp.StatusOK {
			t.Errorf("the next bind: got % x, want it granted", []byte(f))
		}
	})
}
