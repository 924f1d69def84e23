package deliver

import (
	"errors"

	"readback/relay/message"
	"readback/smpp/receipt"
)

var errNoID = errors.New("the SMSC gave the message no message_id to write a receipt about")

// receiptContent is a delivery receipt that says the message was read (SMPP 3.4 Appendix B).
// Its stat is DELIVRD in any case: the message was delivered, and systems bill by stat. Whether
// it was read or deleted unread stands in the text. Times are UTC.
func receiptContent(fb *message.Feedback, _ *Options) (content, error) {
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
		text: report.AppendText(nil),
		tlvs: receipt.AppendTLVs(nil, report.ID, report.State),
	}, nil
}
