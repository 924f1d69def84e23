package gateway

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/deliver"
	"readback/internal/golden"
	"readback/internal/receipts"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/smpp"
)

// holding makes a HoldFunc of what a test looks at.
func holding(hold func(account, id string, f []byte) (bool, error)) receipts.HoldFunc {
	return func(_ context.Context, account string, _ message.Conversation, id, f []byte) (bool, error) {
		return hold(account, string(id), f)
	}
}

// What is held is answered when it is durable, and the ESME sees nothing of it; all other
// receipts pass.
func TestHoldReceipt(t *testing.T) {
	receipt := smpp.Frame(golden.Bytes(t, "deliver_receipt.txt", "in"))
	failed := smpp.Frame(bytes.ReplaceAll(receipt, []byte("DELIVRD"), []byte("UNDELIV")))
	failed = bytes.ReplaceAll(failed, []byte("\x04\x27\x00\x01\x02"), []byte("\x04\x27\x00\x01\x05"))
	asReceipt := deliver.Options{Form: deliver.Receipt, HoldReceipt: true}
	tests := []struct {
		name    string
		telling deliver.Options
		receipt smpp.Frame
		held    bool
		err     error
		passes  bool
		status  pdu.Status // for the SMSC, if it does not pass
	}{
		{"held", asReceipt, receipt, true, nil, false, smpp.StatusOK},
		{"not numbered", asReceipt, receipt, false, nil, true, 0},
		{"away", asReceipt, receipt, false, errors.New("away"), false, smpp.StatusTempApp},
		{"failed", asReceipt, failed, true, nil, true, 0},
		{"another form", deliver.Options{Form: deliver.MO, HoldReceipt: true}, receipt, true, nil, true, 0},
		{"not asked for", deliver.Options{Form: deliver.Receipt}, receipt, true, nil, true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked := holding(func(account, id string, f []byte) (bool, error) {
				if account != "bank" || id != "4A7F01" || !bytes.Equal(f, tt.receipt) {
					t.Errorf("held for %s: %s, % x", account, id, f)
				}
				return tt.held, tt.err
			})
			w := serve(t, setup{feedback: tt.telling, options: func(o *Options) { o.Hold = asked }})
			esme, smsc := w.bind(simulator.Bind{})
			smsc.Send(tt.receipt)
			answer := testpeer.Frame(pdu.DeliverSMRespID, 0, tt.receipt.Seq(), "\x00")
			if tt.passes {
				esme.Want("receipt", tt.receipt)
				esme.Send(answer)
			}
			got := smsc.Next("answer")
			if got.ID() != pdu.DeliverSMRespID || got.Seq() != tt.receipt.Seq() || !tt.passes && got.Status() != tt.status {
				t.Errorf("answer: got % x, want status %v", []byte(got), tt.status)
			}
			m := text(receiver, 2)
			smsc.Send(testpeer.Frame(pdu.EnquireLinkID, 0, 7, ""))
			smsc.Next("enquire_link_resp")
			esme.Send(m)
			smsc.Want("what comes next", m)
			smsc.Send(testpeer.Frame(pdu.SubmitSMRespID, smpp.StatusThrottled, 2, ""))
			if f := esme.Next("what comes next"); f.ID() != pdu.SubmitSMRespID {
				t.Errorf("to the ESME: got % x", []byte(f))
			}
		})
	}
}

// In shared mode a receipt may come before it is known whose message it is about.
func TestHoldReceiptEarly(t *testing.T) {
	ledger := remembering()
	ledger.await = func(context.Context, message.Conversation, []byte) (string, bool) { return "bank", true }
	held := make(chan string, 1)
	hold := holding(func(account, id string, _ []byte) (bool, error) { held <- account + " " + id; return true, nil })
	account := Account{Feedback: deliver.Options{Form: deliver.Receipt, HoldReceipt: true}}
	s := setup{ledger: ledger, options: func(o *Options) { o.Hold = hold }}
	_, esme, smsc := pair(t, s, map[string]Account{"bank": account})
	smsc.Send(deliverFrame("10690001", 0x04, "id:4A7F01 stat:DELIVRD", "", 7))
	smsc.Want("answer", delivered(7))
	if got := testpeer.Receive(t, "held receipt", held); got != "bank 4A7F01" {
		t.Errorf("held: %s, want bank 4A7F01", got)
	}
	esme.WantNothing()
}

// A receipt that was held goes out as it came, under a number of ours.
func TestTellReceipt(t *testing.T) {
	deliverFeedback, tellers := telling()
	w := serve(t, setup{deliver: deliverFeedback, feedback: deliver.Options{Form: deliver.Receipt, HoldReceipt: true}})
	esme, _ := w.bind(simulator.Bind{})
	tell := testpeer.Receive(t, "feedback of the session", tellers)
	want := smpp.Frame(golden.Bytes(t, "deliver_receipt.txt", "in"))
	outcome := make(chan error, 1)
	ctx, fb := testpeer.Within(t), &message.Feedback{Account: "bank", Receipt: bytes.Clone(want)}
	go func() { outcome <- tell(ctx, fb) }()
	want.SetSeq(smpp.OwnSeq)
	esme.Want("receipt", want)
	esme.Send(testpeer.Frame(pdu.DeliverSMRespID, 0, want.Seq(), "\x00"))
	if err := testpeer.Receive(t, "outcome", outcome); err != nil {
		t.Error(err)
	}
}
