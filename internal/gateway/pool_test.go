package gateway

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/relay"
	"readback/smpp"
)

// binds answers n binds of the gateway. Which slot each is of nobody can tell.
func (w sharing) binds(n int) (smscs []*peer) {
	w.t.Helper()
	for range n {
		smscs = append(smscs, w.answerBind())
	}
	return smscs
}

// Requests go to the bind with the most room in its window.
func TestPoolSpreads(t *testing.T) {
	w := share(t, setup{}, Shared{Binds: 3}, bank)
	smscs := w.binds(3)
	w.noConnection() // as many as were asked for
	if got := w.count("readback_smsc_bind_up", ""); got != 3 {
		t.Errorf("binds up: got %v, want 3", got)
	}
	esme, seq := w.login(simulator.Bind{}), uint32(10)
	send := func() uint32 { seq++; esme.send(text(receiver, seq)); return seq }
	for range 6 {
		send()
	}
	for _, smsc := range smscs {
		smsc.next("first of two")
		f := smsc.next("second of two")
		if smsc != smscs[1] {
			continue
		}
		smsc.send(accepted(f.Seq(), "A"))
		esme.want("answer", accepted(f.Seq(), "A"))
	}
	if want := send(); smscs[1].next("where there is room").Seq() != want {
		t.Errorf("got another message, want %d", want)
	}
}

// A bind whose window is full holds up nobody when another has room.
func TestPoolStuckBind(t *testing.T) {
	for _, tt := range []struct {
		name  string
		stuck int
	}{{"the first", 0}, {"the second", 1}} {
		t.Run(tt.name, func(t *testing.T) {
			w := share(t, setup{options: func(o *Options) { o.Window = 1 }}, Shared{Binds: 2}, bank)
			smscs := w.binds(2)
			esmes := []*peer{w.login(simulator.Bind{}), w.login(simulator.Bind{}), w.login(simulator.Bind{})}
			for i, esme := range esmes {
				esme.send(text(receiver, uint32(10*i+1)), text(receiver, uint32(10*i+2)))
			}
			stuck, working := smscs[tt.stuck], smscs[1-tt.stuck]
			stuck.next("what is never answered")
			for range 5 {
				f := working.next("all the rest")
				working.send(accepted(f.Seq(), "A"))
			}
			stuck.wantNothing()
		})
	}
}

// When one bind is lost the others go on. What was under way on it gets
// ESME_RSYSERR, once; what comes then goes elsewhere, until one new bind is up.
func TestPoolLost(t *testing.T) {
	refused := make(chan uint16, 10)
	w := share(t, setup{ledger: refusing(refused), policy: Policy{When: All}}, Shared{Binds: 2},
		map[string]Account{"bank": {Policy: Policy{When: All}}})
	smscs := w.binds(2)
	esme := w.login(simulator.Bind{})
	for seq := range uint32(4) {
		esme.send(text(receiver, 10+seq))
	}
	lost := map[uint32]bool{smscs[0].next("lost").Seq(): true, smscs[0].next("lost").Seq(): true}
	kept := []uint32{smscs[1].next("kept").Seq(), smscs[1].next("kept").Seq()}
	_ = smscs[0].conn.Close()
	for range 2 {
		f := esme.next("submit_sm_resp")
		if f.Status() != smpp.StatusSysErr || !lost[f.Seq()] {
			t.Errorf("got % x, want ESME_RSYSERR once for each of %v", []byte(f), lost)
		}
		delete(lost, f.Seq())
		receive(t, "refusal", refused)
	}
	w.log.want(t, "bind to the SMSC lost")
	submitted(esme, smscs[1], 20, "A")
	smscs[1].send(accepted(kept[0], "B"), accepted(kept[1], "C"))
	esme.want("submit_sm_resp", accepted(kept[0], "B"))
	esme.want("submit_sm_resp", accepted(kept[1], "C"))

	again := w.answerBind()
	w.noConnection() // one bind for one place
	if got := w.count("readback_smsc_bind_up", ""); got != 2 {
		t.Errorf("binds up: got %v, want 2", got)
	}
	esme.send(text(receiver, 30), text(receiver, 31))
	again.next("one of two")
	smscs[1].next("the other")
	if len(refused) > 0 {
		t.Errorf("refused number %d, too", <-refused)
	}
}

// While no bind is up each request gets ESME_RSYSERR, those that waited for room
// included; the ESME stays.
func TestPoolDown(t *testing.T) {
	tests := []struct {
		name string
		end  func(smsc *peer)
	}{
		{"unbinds", func(smsc *peer) {
			smsc.send(frame(pdu.UnbindID, 0, 9, ""))
			smsc.want("unbind_resp", frame(pdu.UnbindRespID, 0, 9, ""))
			smsc.wantEnd()
		}},
		{"hangs up", func(smsc *peer) { _ = smsc.conn.Close() }},
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
			waiting := []*peer{w.login(simulator.Bind{}), w.login(simulator.Bind{})}
			esme.send(text(receiver, 2))
			smsc.next("submit_sm")
			for _, p := range waiting {
				p.send(text(receiver, 3))
			}
			w.await("requests that wait", func() bool { return w.pool.waiting.Load() == 2 })
			tt.end(smsc)
			esme.want("under way", refusal(text(receiver, 2), smpp.StatusSysErr))
			for _, p := range waiting {
				p.want("that waited", refusal(text(receiver, 3), smpp.StatusSysErr))
			}
			esme.send(text(receiver, 4))
			esme.want("while it is down", refusal(text(receiver, 4), smpp.StatusSysErr))
			if err := w.Ready(); err == nil {
				t.Error("Ready: got nil, want why not")
			}
			back <- struct{}{}
			submitted(esme, w.answerBind(), 5, "A")
		})
	}
}

// A request that waits for room goes when there is some, and is not lost when
// many wait for little.
func TestPoolManyWait(t *testing.T) {
	w := share(t, setup{options: func(o *Options) { o.Window = 2 }}, Shared{Binds: 2}, bank)
	for _, smsc := range w.binds(2) {
		answerAll(smsc)
	}
	const esmes, each = 10, 100
	done := make(chan error, esmes)
	for range esmes {
		esme := w.login(simulator.Bind{})
		go func() {
			for seq := range uint32(each) {
				_, _ = esme.conn.Write(text(receiver, 10+seq)) // the answers tell
			}
			for range each {
				f, err := esme.in.Next()
				if err == nil && f.Status() != smpp.StatusOK {
					err = f.Status()
				}
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range esmes {
		if err := receive(t, "all answers of an ESME", done); err != nil {
			t.Error(err)
		}
	}
}

// A request that is not answered in time is answered in the SMSC's stead, once.
func TestPoolSilent(t *testing.T) {
	w, esme, smsc := pair(t, setup{options: func(o *Options) { o.ResponseTimeout = 100 * time.Millisecond }}, bank)
	esme.send(text(receiver, 2))
	late := smsc.next("submit_sm").Seq()
	esme.want("submit_sm_resp", refusal(text(receiver, 2), smpp.StatusSysErr))
	w.log.want(t, "no answer of the SMSC", "command=submit_sm")
	smsc.send(accepted(late, "LATE"))
	submitted(esme, smsc, 3, "A")
	w.log.want(t, "late answer of the SMSC", "command=submit_sm_resp")
	for name, want := range map[string]float64{"readback_unanswered_total": 1, "readback_late_answers_total": 1} {
		if got := w.count(name, ""); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// When the gateway stops, the ESMEs' answers come first, then its binds are unbound.
func TestPoolUnbinds(t *testing.T) {
	ledger, records := slowRoutes()
	w, esme, smsc := pair(t, setup{ledger: ledger}, bank)
	esme.send(text(receiver, 2))
	smsc.next("submit_sm")
	w.stop()
	smsc.wantNothing()
	smsc.send(accepted(2, "A"))
	receive(t, "record", records).logged()
	esme.want("submit_sm_resp", accepted(2, "A"))
	esme.unbind()
	smsc.unbind()
	w.awaitEnd()
}

// slowRoutes returns a ledger whose log of routes the test writes.
func slowRoutes() (fakeLedger, <-chan record) {
	records := make(chan record, 10)
	return fakeLedger{route: func(_ string, id []byte, w relay.Waiter, token uint64) {
		records <- record{string(id), w, token}
	}}, records
}

// An ESME that goes leaves messages under way: the SMSC's answer still makes the
// route that their receipts take.
func TestPoolESMEGone(t *testing.T) {
	ledger := remembering()
	_, esme, smsc := pair(t, setup{ledger: ledger}, bank)
	esme.send(text(receiver, 2), text(receiver, 3))
	smsc.next("first")
	smsc.next("second")
	_ = esme.conn.Close()
	smsc.send(accepted(2, "A"), accepted(3, "B"), frame(pdu.EnquireLinkID, 0, 9, ""))
	smsc.want("behind them", frame(pdu.EnquireLinkRespID, 0, 9, ""))
	for _, id := range []string{"A", "B"} {
		if account, ok := ledger.Routed([]byte(id)); !ok || account != "bank" {
			t.Errorf("message %s: got %q, want a route to bank", id, account)
		}
	}
}

// What concerns no account is refused, and does no harm.
func TestPoolRefuses(t *testing.T) {
	w, esme, smsc := pair(t, setup{}, bank)
	for _, f := range []smpp.Frame{frame(0x00010203, 0, 7, "vendor"), frame(pdu.SubmitSMID, 0, 8, ""), frame(pdu.BindTransceiverID, 0, 9, "")} {
		smsc.send(f)
		if got := smsc.next("refusal"); got.Status() == smpp.StatusOK || got.Seq() != f.Seq() {
			t.Errorf("%s: got % x, want a refusal", smpp.Command(f.ID()), []byte(got))
		}
	}
	w.log.want(t, "request of the SMSC refused", "command=other")
	smsc.send(frame(pdu.GenericNACKID, smpp.StatusInvCmdID, 0, ""), frame(0x80010203, 0, 99, ""), frame(pdu.DeliverSMID, 0, 10, "broken"))
	smsc.want("deliver_sm_resp", frame(pdu.DeliverSMRespID, smpp.StatusInvMsgLen, 10, ""))
	esme.wantNothing()
	submitted(esme, smsc, 2, "A")
}
