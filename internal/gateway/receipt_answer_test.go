package gateway

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/deliver"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/smpp"
)

// noting is a ledger that knows the account of deliveredReceipt, and the receipts that it notes.
func noting() (fakeLedger, chan string) {
	l, noted := remembering(), make(chan string, 10)
	l.routes.Store("4A7F01", "bank")
	l.receipt = func(_ string, _ message.Conversation, id []byte, s message.State, by message.Session) {
		note := string(id) + " " + s.String()
		if by != 0 {
			note += " by its session"
		}
		noted <- note
	}
	return l, noted
}

// A receipt is noted, which lets the feedback on its message go, when the ESME has taken it or has refused
// it for good. If the ESME is to get it again, it is not noted yet.
func TestReceiptIsNotedWhenItIsAnswered(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer smpp.Frame
		noted  string
	}{
		{"taken", taken(90, smpp.StatusOK), "4A7F01 delivered by its session"},
		{"ESME_RX_T_APPN", taken(90, smpp.StatusTempApp), ""},
		{"ESME_RMSGQFUL", taken(90, smpp.StatusQueueFull), ""},
		{"ESME_RX_P_APPN", taken(90, smpp.StatusPermApp), "4A7F01 delivered"},
		{"ESME_RX_R_APPN", taken(90, smpp.StatusRejectApp), "4A7F01 delivered"},
		{"generic_nack", testpeer.Frame(pdu.GenericNACKID, smpp.StatusInvCmdID, 90, ""), ""},
		{"generic_nack without a status", testpeer.Frame(pdu.GenericNACKID, smpp.StatusOK, 90, ""), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ledger, noted := noting()
			inBothModes(t, setup{ledger: ledger}, Account{}, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				esme, smsc := join()
				smsc.Send(deliveredReceipt)
				esme.Want("receipt", deliveredReceipt)
				if esme.WantNothing(); len(noted) > 0 {
					t.Errorf("noted %s, which is not answered", <-noted)
				}
				esme.Send(tt.answer)
				smsc.Want("the ESME's answer", tt.answer)
				got := ""
				if len(noted) > 0 {
					got = <-noted
				}
				if got != tt.noted {
					t.Errorf("noted: got %q, want %q", got, tt.noted)
				}
			})
		})
	}
}

// A receipt that the ESME does not answer is not noted. In mirror mode, where a late answer goes to the
// SMSC, that one counts.
func TestReceiptIsNotAnswered(t *testing.T) {
	ledger, noted := noting()
	s := setup{ledger: ledger, inMemory: true, options: func(o *Options) { o.ResponseTimeout = 50 * time.Millisecond }}
	inBothModes(t, s, Account{}, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		smsc.Send(deliveredReceipt)
		esme.Want("receipt", deliveredReceipt)
		w.await("the end of its time", func() bool { return w.count("readback_unanswered_total", "peer=esme") > 0 })
		if w.pool != nil {
			smsc.Want("answer in place of the ESME", refusal(deliveredReceipt, smpp.StatusTempApp))
		}
		if len(noted) > 0 {
			t.Errorf("noted %s, which is not answered", <-noted)
		}
		esme.Send(taken(90, smpp.StatusOK))
		if w.pool == nil {
			smsc.Want("late answer", taken(90, smpp.StatusOK))
			testpeer.Receive(t, "note", noted)
		}
		again := smpp.Frame(bytes.Clone(deliveredReceipt))
		again.SetSeq(91)
		smsc.Send(again)
		esme.Want("receipt again", again)
		_ = esme.Conn.Close()
		if w.pool != nil {
			smsc.Want("answer in place of an ESME that has left", refusal(again, smpp.StatusTempApp))
		} else {
			smsc.Next("answer or unbind")
		}
		if len(noted) > 0 {
			t.Errorf("noted %s, which is not answered", <-noted)
		}
	})
}

// A receipt that is not held after all is noted as others are.
func TestReceiptThatIsNotHeld(t *testing.T) {
	ledger, noted := noting()
	s := setup{ledger: ledger, options: func(o *Options) {
		o.Hold = func(context.Context, string, message.Conversation, []byte, []byte) (bool, error) { return false, nil }
	}}
	account := Account{Feedback: deliver.Options{Form: deliver.Receipt, HoldReceipt: true}}
	inBothModes(t, s, account, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		for _, status := range []pdu.Status{smpp.StatusTempApp, smpp.StatusOK} {
			smsc.Send(deliveredReceipt)
			esme.Want("receipt", deliveredReceipt)
			if len(noted) > 0 {
				t.Errorf("noted %s, which is not answered", <-noted)
			}
			esme.Send(taken(90, status))
			smsc.Want("the ESME's answer", taken(90, status))
		}
		testpeer.Receive(t, "note", noted)
	})
}
