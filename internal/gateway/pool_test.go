package gateway

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/journal"
	"readback/relay/message"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/ledger"
	"readback/smpp"
)

// binds answers n binds of the gateway. Which slot each is of nobody can tell.
func (w sharing) binds(n int) (smscs []*testpeer.Peer) {
	w.t.Helper()
	for range n {
		smscs = append(smscs, w.answerBind())
	}
	return smscs
}

// When one bind is lost the others go on. What was under way on it gets
// ESME_RSYSERR, once; what comes then goes elsewhere, until one new bind is up.
func TestPoolLost(t *testing.T) {
	refused := make(chan uint16, 10)
	w := share(t, setup{ledger: refusing(refused), policy: numbering.Policy{When: numbering.All}}, pool.Config{Binds: 2},
		map[string]Account{"bank": {Policy: numbering.Policy{When: numbering.All}}})
	smscs := w.binds(2)
	esme := w.login(simulator.Bind{})
	for seq := range uint32(4) {
		esme.Send(text(receiver, 10+seq))
	}
	lost := map[uint32]bool{smscs[0].Next("lost").Seq(): true, smscs[0].Next("lost").Seq(): true}
	kept := []uint32{smscs[1].Next("kept").Seq(), smscs[1].Next("kept").Seq()}
	_ = smscs[0].Conn.Close()
	for range 2 {
		f := esme.Next("submit_sm_resp")
		if f.Status() != smpp.StatusSysErr || !lost[f.Seq()] {
			t.Errorf("got % x, want ESME_RSYSERR once for each of %v", []byte(f), lost)
		}
		delete(lost, f.Seq())
		testpeer.Receive(t, "refusal", refused)
	}
	w.log.want(t, "bind to the SMSC lost")
	submitted(esme, smscs[1], 20, "A")
	smscs[1].Send(accepted(kept[0], "B"), accepted(kept[1], "C"))
	esme.Want("submit_sm_resp", accepted(kept[0], "B"))
	esme.Want("submit_sm_resp", accepted(kept[1], "C"))

	again := w.answerBind()
	w.noConnection() // one bind for one place
	if got := w.count("readback_smsc_bind_up", ""); got != 2 {
		t.Errorf("binds up: got %v, want 2", got)
	}
	esme.Send(text(receiver, 30), text(receiver, 31))
	again.Next("one of two")
	smscs[1].Next("the other")
	if len(refused) > 0 {
		t.Errorf("refused number %d, too", <-refused)
	}
}

// While no bind is up each request gets ESME_RSYSERR, those that waited for room
// included; the ESME stays.
func TestPoolDown(t *testing.T) {
	tests := []struct {
		name string
		end  func(smsc *testpeer.Peer)
	}{
		{"unbinds", func(smsc *testpeer.Peer) {
			smsc.Send(testpeer.Frame(pdu.UnbindID, 0, 9, ""))
			smsc.Want("unbind_resp", testpeer.Frame(pdu.UnbindRespID, 0, 9, ""))
			smsc.WantEnd()
		}},
		{"hangs up", func(smsc *testpeer.Peer) { _ = smsc.Conn.Close() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			back := make(chan struct{}, 1) // the SMSC is, for one connection
			back <- struct{}{}
			w, esme, smsc := pair(t, setup{options: func(o *Options) {
				o.Window = 1
				o.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
					select {
					case <-back:
						return dialTCP(ctx, addr)
					case <-ctx.Done():
						return nil, ctx.Err()
					}
				}
			}}, bank)
			waiting := []*testpeer.Peer{w.login(simulator.Bind{}), w.login(simulator.Bind{})}
			esme.Send(text(receiver, 2))
			smsc.Next("submit_sm")
			for _, p := range waiting {
				p.Send(text(receiver, 3))
			}
			w.await("requests of those that wait", func() bool { return w.count("readback_pdus_total", "command=submit_sm") == 3 })
			tt.end(smsc)
			esme.Want("under way", refusal(text(receiver, 2), smpp.StatusSysErr))
			for _, p := range waiting {
				p.Want("that waited", refusal(text(receiver, 3), smpp.StatusSysErr))
			}
			esme.Send(text(receiver, 4))
			esme.Want("while it is down", refusal(text(receiver, 4), smpp.StatusSysErr))
			if err := w.Ready(); err == nil {
				t.Error("Ready: got nil, want why not")
			}
			back <- struct{}{}
			submitted(esme, w.answerBind(), 5, "A")
		})
	}
}

// A request that is not answered in time is answered in the SMSC's stead, once.
func TestPoolSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, esme, smsc := pair(t, setup{inMemory: true, options: func(o *Options) { o.ResponseTimeout = 100 * time.Millisecond }}, bank)
		esme.Send(text(receiver, 2))
		late := smsc.Next("submit_sm").Seq()
		esme.Want("submit_sm_resp", refusal(text(receiver, 2), smpp.StatusSysErr))
		w.log.want(t, "no answer of the SMSC", "command=submit_sm", "account=bank", "session=", "sequence=2", "receiver=", receiver)
		smsc.Send(accepted(late, "LATE"))
		submitted(esme, smsc, 3, "A")
		w.log.want(t, "late answer of the SMSC", "command=submit_sm_resp", "account=bank", "sequence=2", "message_id=LATE", "receiver=", receiver)
		for name, want := range map[string]float64{"readback_unanswered_total": 1, "readback_late_answers_total": 1} {
			if got := w.count(name, ""); got != want {
				t.Errorf("%s: got %v, want %v", name, got, want)
			}
		}
	})
}

// When the gateway stops, the ESMEs' answers come first, then its binds are unbound.
func TestPoolUnbinds(t *testing.T) {
	ledger, records := slowRoutes()
	w, esme, smsc := pair(t, setup{ledger: ledger}, bank)
	esme.Send(text(receiver, 2))
	smsc.Next("submit_sm")
	w.stop()
	smsc.WantNothing()
	smsc.Send(accepted(2, "A"))
	testpeer.Receive(t, "record", records).logged()
	esme.Want("submit_sm_resp", accepted(2, "A"))
	esme.Unbind()
	smsc.Unbind()
	w.awaitEnd()
}

// slowRoutes returns a ledger whose log of routes the test writes.
func slowRoutes() (fakeLedger, <-chan record) {
	records := make(chan record, 10)
	return fakeLedger{route: func(_ string, _ journal.Place, id []byte, w ledger.Waiter, token uint64) {
		records <- record{string(id), w, token}
	}}, records
}

// An ESME that goes leaves messages under way: the SMSC's answer still makes the
// route that their receipts take.
func TestPoolESMEGone(t *testing.T) {
	ledger := remembering()
	_, esme, smsc := pair(t, setup{ledger: ledger}, bank)
	esme.Send(text(receiver, 2), text(receiver, 3))
	smsc.Next("first")
	smsc.Next("second")
	_ = esme.Conn.Close()
	smsc.Send(accepted(2, "A"), accepted(3, "B"), testpeer.Frame(pdu.EnquireLinkID, 0, 9, ""))
	smsc.Want("behind them", testpeer.Frame(pdu.EnquireLinkRespID, 0, 9, ""))
	for _, id := range []string{"A", "B"} {
		if account, ok := ledger.Routed(message.Conversation{}, []byte(id)); !ok || account != "bank" {
			t.Errorf("message %s: got %q, want a route to bank", id, account)
		}
	}
}

// What concerns no account is refused, and does no harm.
func TestPoolRefuses(t *testing.T) {
	w, esme, smsc := pair(t, setup{}, bank)
	for _, f := range []smpp.Frame{testpeer.Frame(0x00010203, 0, 7, "vendor"), testpeer.Frame(pdu.SubmitSMID, 0, 8, ""), testpeer.Frame(pdu.BindTransceiverID, 0, 9, "")} {
		smsc.Send(f)
		if got := smsc.Next("refusal"); got.Status() == smpp.StatusOK || got.Seq() != f.Seq() {
			t.Errorf("%s: got % x, want a refusal", smpp.Command(f.ID()), []byte(got))
		}
	}
	w.log.want(t, "request of the SMSC refused", "command=other")
	smsc.Send(testpeer.Frame(pdu.GenericNACKID, smpp.StatusInvCmdID, 0, ""), testpeer.Frame(0x80010203, 0, 99, ""), testpeer.Frame(pdu.DeliverSMID, 0, 10, "broken"))
	smsc.Want("deliver_sm_resp", testpeer.Frame(pdu.DeliverSMRespID, smpp.StatusInvMsgLen, 10, ""))
	esme.WantNothing()
	submitted(esme, smsc, 2, "A")
}

// The account that met the SMSC's refusal gets it as it came; the bind slows down
// for all, and comes back.
func TestThrottling(t *testing.T) {
	w := share(t, setup{options: func(o *Options) { o.Window = 4 }}, pool.Config{}, map[string]Account{"bank": {}, "shop": {}})
	smsc := w.answerBind()
	esme, shop := w.login(simulator.Bind{}), w.login(simulator.Bind{SystemID: "shop"})
	esme.Send(text(receiver, 2))
	smsc.Next("submit_sm")
	answer := testpeer.Frame(pdu.SubmitSMRespID, smpp.StatusThrottled, 2, "")
	smsc.Send(answer)
	esme.Want("answer", answer)
	for seq := range uint32(10) {
		shop.Send(text(receiver, 10+seq))
	}
	var under []uint32
	for _, more := range []int{2, 1, 1, 2} { // halved, and wider with the third answer
		for range more {
			under = append(under, smsc.Next("submit_sm").Seq())
		}
		smsc.WantNothing()
		smsc.Send(accepted(under[0], "A"))
		shop.Want("answer", accepted(under[0], "A"))
		under = under[1:]
	}
	esme.WantNothing()
}
