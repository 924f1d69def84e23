package gateway

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/relay"
	"readback/smpp"
)

// draining asks for new work until the gateway refuses it, and returns the
// refusal. Until then the SMSC's script must answer.
func draining(esme *peer) smpp.Frame {
	esme.t.Helper()
	for seq := uint32(1000); ; seq++ {
		esme.send(text(receiver, seq))
		if f := esme.next("submit_sm_resp"); f.Status() != smpp.StatusOK {
			return f
		}
	}
}

// answerAll answers the submit_sm that come to the SMSC until the end of the
// session; what else comes is left in the channel.
func answerAll(smsc *peer) <-chan smpp.Frame {
	others := make(chan smpp.Frame, 100)
	go func() {
		defer close(others)
		for {
			f, err := smsc.in.Next()
			switch {
			case err != nil:
				return
			case f.ID() == pdu.SubmitSMID:
				_, _ = smsc.conn.Write(accepted(f.Seq(), "A")) // the ESME waits for it
			default:
				others <- bytes.Clone(f)
			}
		}
	}()
	return others
}

// When the gateway stops it takes no more, awaits what is under way, unbinds both
// sides and returns.
func TestDrain(t *testing.T) {
	w := serve(t, setup{policy: Policy{When: All}})
	esme, smsc := w.bind(simulator.Bind{})
	idle, idleSMSC := w.bind(simulator.Bind{ID: pdu.BindReceiverID})
	unbound := w.connect()
	esme.send(text(receiver, 2))
	smsc.next("submit_sm")
	others := answerAll(smsc)

	w.stop()
	if f := draining(esme); f.ID() != pdu.SubmitSMRespID || f.Status() != smpp.StatusThrottled {
		t.Errorf("new request: got % x, want ESME_RTHROTTLED", []byte(f))
	}
	smsc.send(receipt)
	if f := receive(t, "answer to the SMSC's request", others); f.ID() != pdu.DeliverSMRespID || f.Status() != smpp.StatusTempApp {
		t.Errorf("new request of the SMSC: got % x, want ESME_RX_T_APPN", []byte(f))
	}
	unbound.wantEnd()
	idle.unbind()
	idleSMSC.unbind()
	for { // until the listener is closed no connection is served
		conn, err := net.Dial("tcp", w.addr)
		if err != nil {
			break
		}
		newPeer(t, conn).wantEnd()
	}

	smsc.send(accepted(2, "LAST"))
	esme.want("answer under way", accepted(2, "LAST"))
	esme.unbind()
	unbind := receive(t, "unbind of the SMSC", others)
	if unbind.ID() != pdu.UnbindID {
		t.Errorf("got % x, want unbind", []byte(unbind))
	}
	smsc.send(frame(pdu.UnbindRespID, 0, unbind.Seq(), ""))
	_ = smsc.conn.Close()
	w.awaitEnd()
}

// The answer under way is awaited until its record is in the log, too.
func TestDrainAwaitsLog(t *testing.T) {
	ledger, records := slowLedger()
	w := serve(t, setup{ledger: ledger, policy: Policy{When: All}})
	esme, smsc := w.bind(simulator.Bind{})
	esme.send(text(receiver, 2))
	smsc.next("submit_sm")
	smsc.send(accepted(2, "A"))
	r := receive(t, "record", records)
	w.stop()
	esme.wantNothing()
	r.logged()
	esme.want("submit_sm_resp", accepted(2, "A"))
	esme.unbind()
	smsc.unbind()
}

// A request that waits for the window when the gateway stops is under way, too.
func TestDrainAwaitsWindow(t *testing.T) {
	for range 20 {
		w := serve(t, setup{options: func(o *Options) { o.Window = 1 }})
		idle, _ := w.bind(simulator.Bind{})
		esme, smsc := w.bind(simulator.Bind{})
		esme.send(text(receiver, 2), text(receiver, 3))
		smsc.next("first submit_sm")
		w.stop()
		idle.unbind() // so the other link may well drain, too
		smsc.send(accepted(2, "A"))
		smsc.next("second submit_sm")
		smsc.send(accepted(3, "B"))
		esme.want("first answer", accepted(2, "A"))
		esme.want("second answer", accepted(3, "B"))
		esme.unbind()
		smsc.unbind()
	}
}

// Feedback ends first: none is begun that could not be answered.
func TestDrainStopsFeedback(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan struct{})
	w := serve(t, setup{deliverer: fakeDeliverer{func(ctx context.Context, _ string, _ relay.Teller) error {
		close(begun)
		<-ctx.Done()
		close(ended)
		return nil
	}}})
	esme, smsc := w.bind(simulator.Bind{})
	receive(t, "feedback", begun)
	w.stop()
	receive(t, "end of the feedback", ended)
	esme.unbind()
	smsc.unbind()
}

// Peers that do not play along hold the gateway no longer than its bounds: none
// of these connections is closed by the peer.
func TestDrainDespitePeers(t *testing.T) {
	tests := []struct {
		name string
		act  func(esme, smsc *peer)
		took time.Duration // beyond the drain
	}{
		{"ESME answers no unbind", func(esme, smsc *peer) { esme.readOn(); smsc.unbind() }, smpp.UnbindTime},
		{"SMSC answers no unbind", func(esme, smsc *peer) { smsc.readOn(); esme.unbind() }, smpp.UnbindTime},
		{"SMSC owes an answer", func(esme, smsc *peer) { esme.unbind(); smsc.unbind() }, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const drain = 50 * time.Millisecond
				w := serve(t, setup{inMemory: true, options: func(o *Options) { o.DrainTimeout = drain }})
				esme, smsc := w.bind(simulator.Bind{})
				esme.send(text(receiver, 2))
				smsc.next("submit_sm")
				begin := time.Now()
				w.stop()
				tt.act(esme, smsc)
				w.awaitEnd()
				if got, want := time.Since(begin), drain+tt.took; got != want {
					t.Errorf("the gateway stopped after %v, want %v", got, want)
				}
			})
		})
	}
}

// readOn reads what comes and answers nothing.
func (p *peer) readOn() { go func() { _, _ = io.Copy(io.Discard, p.conn) }() }
