package simulator

import (
	"context"
	"fmt"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
	"readback/smpp/receipt"
)

// Receipt is a delivery receipt of the test's own making.
type Receipt struct {
	From, To  string // the message's receiver, and its sender
	MessageID string
	State     receipt.State // zero is DELIVERED
	Error     string        // err of the text; empty stands for 000
	NoTLVs    bool          // neither receipted_message_id nor message_state
}

// check refuses what no receipt can carry.
func (r Receipt) check() error {
	switch {
	case r.MessageID == "" || len(r.MessageID) > maxMessageID || hasControl(r.MessageID):
		return fmt.Errorf("message_id: not one (hint: 1 to %d characters, as the submit_sm_resp had it)", maxMessageID)
	case r.Error != "" && !IsReceiptError(r.Error):
		return fmt.Errorf("error %q: not an error code (hint: three characters, such as 011)", r.Error)
	}
	return checkNumbers(r.From, r.To, "from is the message's receiver, to its sender")
}

// DeliverReceipt sends a receipt to a session of the account, an empty one standing for any, and waits for
// the response, whose status it returns.
func (c *SMSC) DeliverReceipt(ctx context.Context, account string, r Receipt) (pdu.Status, error) {
	if err := r.check(); err != nil {
		return 0, err
	}
	if r.State == 0 {
		r.State = receipt.Delivered
	}
	now := time.Now()
	report := receipt.Report{ID: r.MessageID, State: r.State, Error: r.Error, Submitted: now, Done: now}
	sm := ShortMessage{
		From: Number(Digits(r.From)), To: Number(Digits(r.To)), ESMClass: smpp.ESMClassReceipt, UserData: report.AppendText(nil),
	}
	if !r.NoTLVs {
		sm.TLVs = receipt.AppendTLVs(nil, r.MessageID, r.State)
	}
	return c.Deliver(ctx, account, sm.Append(nil, pdu.DeliverSMID, 0))
}
