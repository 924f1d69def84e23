package gateway

import (
	"context"
	"fmt"
	"testing"

	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/internal/trace"
)

// An operator sees the PDUs of an account on both sides, also where the SMSC's session is shared, and none when the
// trace has ended.
func TestTrace(t *testing.T) {
	inBothModes(t, setup{}, Account{}, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		tr, err := w.Trace(trace.Filter{Account: "bank"})
		if err != nil {
			t.Fatal(err)
		}
		esme.Send(text(receiver, 20))
		f := smsc.Next("submit_sm")
		smsc.Send(accepted(f.Seq(), "A"))
		esme.Next("submit_sm_resp")
		session := w.Sessions()[0]
		ctx, cancel := context.WithTimeout(t.Context(), testpeer.Patience)
		defer cancel()
		for _, want := range []string{
			"esme in submit_sm 20", fmt.Sprintf("smsc out submit_sm %d", f.Seq()), fmt.Sprintf("smsc in submit_sm_resp %d", f.Seq()), "esme out submit_sm_resp 20",
		} {
			p := tr.Next(ctx)
			if p == nil {
				t.Fatalf("got nothing, want %s", want)
			}
			if got := fmt.Sprintf("%s %s %s %d", p.Side, p.Direction, p.Command, p.Sequence); got != want || p.Account != "bank" || p.Session != uint32(session.ID) {
				t.Errorf("got %s of %s, session %d; want %s", got, p.Account, p.Session, want)
			}
			wantRemote := session.Remote.String()
			if p.Side == "smsc" {
				wantRemote = smsc.Conn.LocalAddr().String()
			}
			if p.Remote.String() != wantRemote || p.Local.Port() == 0 {
				t.Errorf("%s: got %s, %s; want %s", want, p.Local, p.Remote, wantRemote)
			}
		}
		tr.Stop()
		esme.Send(text(receiver, 21))
		smsc.Send(accepted(smsc.Next("submit_sm").Seq(), "B"))
		esme.Next("submit_sm_resp")
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if p := tr.Next(ended); p != nil {
			t.Errorf("ended: got %s", p.Command)
		}
	})
}

// What the SMSC sends on a session of the pool is shown as the PDUs of the account to which it goes.
func TestTraceRouted(t *testing.T) {
	w := share(t, setup{}, pool.Config{}, owned)
	smsc, esme := w.answerBind(), w.login(simulator.Bind{})
	w.await("bank", func() bool { return len(w.members.of("bank")) == 1 })
	tr, err := w.Trace(trace.Filter{Account: "bank"})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Stop()
	takes(esme, smsc, deliverFrame("10690001", 0, "Hello", "", 7))
	ctx, cancel := context.WithTimeout(t.Context(), testpeer.Patience)
	defer cancel()
	for _, want := range []string{"smsc in deliver_sm", "esme out deliver_sm", "esme in deliver_sm_resp", "smsc out deliver_sm_resp"} {
		p := tr.Next(ctx)
		if p == nil {
			t.Fatalf("got nothing, want %s", want)
		}
		if got := fmt.Sprintf("%s %s %s", p.Side, p.Direction, p.Command); got != want || p.Account != "bank" {
			t.Errorf("got %s of %s, want %s", got, p.Account, want)
		}
	}
}
