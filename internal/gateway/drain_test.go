package gateway

import (
	"bytes"
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/smpp"
)

// draining asks for new work until the gateway refuses it, and returns the
// refusal. Until then the SMSC's script must answer.
func draining(esme *testpeer.Peer) smpp.Frame {
	esme.T.Helper()
	for seq := uint32(1000); ; seq++ {
		esme.Send(text(receiver, seq))
		if f := esme.Next("submit_sm_resp"); f.Status() != smpp.StatusOK {
			return f
		}
	}
}

// answerAll answers the submit_sm that come to the SMSC until the end of the
// session; what else comes is left in the channel.
func answerAll(smsc *testpeer.Peer) <-chan smpp.Frame {
	others := make(chan smpp.Frame, 100)
	go func() {
		defer close(others)
		for {
			f, err := smsc.In.Next()
			switch {
			case err != nil:
				return
			case f.ID() == pdu.SubmitSMID:
				_, _ = smsc.Conn.Write(accepted(f.Seq(), "A")) // the ESME waits for it
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
	w := serve(t, setup{policy: numbering.Policy{When: numbering.All}})
	esme, smsc := w.bind(simulator.Bind{})
	idle, idleSMSC := w.bind(simulator.Bind{ID: pdu.BindReceiverID})
	unbound := w.connect()
	esme.Send(text(receiver, 2))
	smsc.Next("submit_sm")
	others := answerAll(smsc)

	w.stop()
	if f := draining(esme); f.ID() != pdu.SubmitSMRespID || f.Status() != smpp.StatusThrottled {
		t.Errorf("new request: got % x, want ESME_RTHROTTLED", []byte(f))
	}
	smsc.Send(deliveredReceipt)
	if f := testpeer.Receive(t, "answer to the SMSC's request", others); f.ID() != pdu.DeliverSMRespID || f.Status() != smpp.StatusTempApp {
		t.Errorf("new request of the SMSC: got % x, want ESME_RX_T_APPN", []byte(f))
	}
	unbound.WantEnd()
	idle.Unbind()
	idleSMSC.Unbind()
	for { // until the listener is closed no connection is served
		conn, err := net.Dial("tcp", w.addr)
		if err != nil {
			break
		}
		testpeer.New(t, conn).WantEnd()
	}

	smsc.Send(accepted(2, "LAST"))
	esme.Want("answer under way", accepted(2, "LAST"))
	esme.Unbind()
	unbind := testpeer.Receive(t, "unbind of the SMSC", others)
	if unbind.ID() != pdu.UnbindID {
		t.Errorf("got % x, want unbind", []byte(unbind))
	}
	smsc.Send(testpeer.Frame(pdu.UnbindRespID, 0, unbind.Seq(), ""))
	_ = smsc.Conn.Close()
	w.awaitEnd()
}

// The answer under way is awaited until its record is in the log, too.
func TestDrainAwaitsLog(t *testing.T) {
	ledger, records := slowLedger()
	w := serve(t, setup{ledger: ledger, policy: numbering.Policy{When: numbering.All}})
	esme, smsc := w.bind(simulator.Bind{})
	esme.Send(text(receiver, 2))
	smsc.Next("submit_sm")
	smsc.Send(accepted(2, "A"))
	r := testpeer.Receive(t, "record", records)
	w.stop()
	esme.WantNothing()
	r.logged()
	esme.Want("submit_sm_resp", accepted(2, "A"))
	esme.Unbind()
	smsc.Unbind()
}

// A request that waits for the window when the gateway stops is under way, too.
func TestDrainAwaitsWindow(t *testing.T) {
	for range 20 {
		w := serve(t, setup{options: func(o *Options) { o.Window = 1 }})
		idle, _ := w.bind(simulator.Bind{})
		esme, smsc := w.bind(simulator.Bind{})
		esme.Send(text(receiver, 2), text(receiver, 3))
		smsc.Next("first submit_sm")
		w.stop()
		idle.Unbind() // so the other link may well drain, too
		smsc.Send(accepted(2, "A"))
		smsc.Next("second submit_sm")
		smsc.Send(accepted(3, "B"))
		esme.Want("first answer", accepted(2, "A"))
		esme.Want("second answer", accepted(3, "B"))
		esme.Unbind()
		smsc.Unbind()
	}
}

// Feedback ends first: none is begun that could not be answered.
func TestDrainStopsFeedback(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan struct{})
	w := serve(t, setup{deliver: func(ctx context.Context, _ string, _ message.Session, _ message.Teller) error {
		close(begun)
		<-ctx.Done()
		close(ended)
		return nil
	}})
	esme, smsc := w.bind(simulator.Bind{})
	testpeer.Receive(t, "feedback", begun)
	w.stop()
	testpeer.Receive(t, "end of the feedback", ended)
	esme.Unbind()
	smsc.Unbind()
}

// Peers that do not play along hold the gateway no longer than its bounds: none
// of these connections is closed by the peer.
func TestDrainDespitePeers(t *testing.T) {
	tests := []struct {
		name string
		act  func(esme, smsc *testpeer.Peer)
		took time.Duration // beyond the drain
	}{
		{"ESME answers no unbind", func(esme, smsc *testpeer.Peer) { esme.ReadOn(); smsc.Unbind() }, smpp.UnbindTime},
		{"SMSC answers no unbind", func(esme, smsc *testpeer.Peer) { smsc.ReadOn(); esme.Unbind() }, smpp.UnbindTime},
		{"SMSC owes an answer", func(esme, smsc *testpeer.Peer) { esme.Unbind(); smsc.Unbind() }, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const drain = 50 * time.Millisecond
				w := serve(t, setup{inMemory: true, options: func(o *Options) { o.DrainTimeout = drain }})
				esme, smsc := w.bind(simulator.Bind{})
				esme.Send(text(receiver, 2))
				smsc.Next("submit_sm")
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
