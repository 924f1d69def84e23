package deliver

import (
	"errors"

	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

var errNoID = errors.New("the SMSC gave the message no message_id to write a receipt about")

// receiptContent is a delivery receipt that tells of the reading (SMPP 3.4
// Appendix B). The message was delivered whatever became of it then, and systems
// bill by stat: only the text has the rest. Times are UTC.
func receiptContent(fb *message.Feedback) (content, error) {
	if len(fb.MessageIDs) == 0 || fb.MessageIDs[0] == "" {
		return content{}, errNoID
	}
	text := "READ"
	if fb.Status == message.StatusDeletedUnread {
		text = "DELETED"
	}
	report := receipt.Report{
		ID: fb.MessageIDs[0], State: receipt.Delivered, Submitted: fb.SubmittedAt, Done: fb.ReadAt, Text: text,
	}
	return content{
		esmClass: smpp.ESMClassReceipt,
		text:     report.AppendText(nil),
		tlvs:     receipt.AppendTLVs(nil, report.ID, report.State),
	}, nil
}
