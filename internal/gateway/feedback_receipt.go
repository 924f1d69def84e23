package gateway

import (
	"errors"
	"fmt"
	"time"

	"readback/relay/message"
	"readback/smpp"
)

// receiptDate is how a receipt writes a time: YYMMDDhhmm (SMPP 3.4 Appendix B).
const receiptDate = "0601021504"

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
	return content{
		esmClass: smpp.ESMClassReceipt,
		text: fmt.Appendf(nil, "id:%s sub:001 dlvrd:001 submit date:%s done date:%s stat:DELIVRD err:000 text:%s",
			fb.MessageIDs[0], receiptTime(fb.SubmittedAt), receiptTime(fb.ReadAt), text),
		tlvs: appendReceiptTLVs(nil, fb.MessageIDs[0]),
	}, nil
}

func receiptTime(t time.Time) string { return t.UTC().Format(receiptDate) }
