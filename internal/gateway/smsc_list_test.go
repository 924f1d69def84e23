package gateway

import (
	"runtime"
	"testing"

	"readback/internal/pool"
	"readback/internal/testpeer"
	"readback/smpp"
)

// An operator sees the SMSC's side of each session, and ends it: in mirror mode with the ESME's, in shared mode the
// gateway binds again.
func TestSMSCSessions(t *testing.T) {
	inBothModes(t, setup{}, Account{}, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		esme.Send(text(receiver, 2))
		f := smsc.Next("submit_sm")
		all := w.SMSCSessions()
		if len(all) == 0 || all[0].State != pool.Bound || all[0].Unanswered != 1 || all[0].IsTLS || all[0].Since.IsZero() || all[0].Window != w.opt.Window {
			t.Fatalf("got %+v, want a bound session with a request", all)
		}
		account := "bank"
		if w.IsShared() {
			account = "" // it is for all
		}
		if all[0].Account != account {
			t.Errorf("got account %q, want %q", all[0].Account, account)
		}
		if s := w.SMSC(); !s.Up || s.Error != nil || s.Since.IsZero() {
			t.Errorf("got %+v, want it to be up", s)
		}
		if w.EndSMSCSession(4711) || !w.EndSMSCSession(all[0].ID) {
			t.Error("want the session to be ended, and no other")
		}
		smsc.Send(accepted(f.Seq(), "A"))
		esme.Want("submit_sm_resp", accepted(2, "A"))
		if !w.IsShared() {
			esme.Unbind()
		}
		smsc.Unbind()
		for ctx := testpeer.Within(t); len(w.SMSCSessions()) > 0 && w.SMSCSessions()[0].State == pool.Bound && ctx.Err() == nil; {
			runtime.Gosched()
		}
	})
}

// The SMSC is not there since the first connection that it did not take, and why.
func TestSMSCAway(t *testing.T) {
	w := serve(t, setup{})
	if s := w.SMSC(); !s.Up || !s.Since.IsZero() {
		t.Errorf("before anybody needed it: got %+v", s)
	}
	first := smpp.ErrClosed
	w.smscNews.note(nil)
	w.smscNews.note(first)
	since := w.SMSC().Since
	w.smscNews.note(errSMSCGone)
	if s := w.SMSC(); s.Up || s.Error != errSMSCGone || !s.Since.Equal(since) || w.SMSCUp() {
		t.Errorf("away: got %+v, want since %v", s, since)
	}
	w.smscNews.note(nil)
	if s := w.SMSC(); !s.Up || s.Error != nil || !s.Since.After(since) {
		t.Errorf("back: got %+v", s)
	}
}
