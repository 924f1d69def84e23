package receipt

import (
	"cmp"
	"fmt"
	"time"

	"readback/smpp"
)

// Report is what a new receipt says.
type Report struct {
	ID              string
	State           State
	Submitted, Done time.Time
	Error           string // err, three characters; empty stands for 000
	Text            string // the beginning of the message, in ASCII
}

// AppendText appends the text of the receipt (SMPP 3.4 Appendix B), in ASCII. Its dates are
// UTC.
func (r Report) AppendText(dst []byte) []byte {
	delivered := 0
	if r.State == Delivered {
		delivered = 1
	}
	return fmt.Appendf(dst, "id:%s sub:001 dlvrd:%03d submit date:%s done date:%s stat:%s err:%s text:%s",
		r.ID, delivered, r.Submitted.UTC().Format(dateLayout), r.Done.UTC().Format(dateLayout), r.State.Stat(),
		cmp.Or(r.Error, "000"), r.Text)
}

// AppendTLVs appends receipted_message_id and message_state (SMPP 3.4 §5.3.2.12, §5.3.2.35).
func AppendTLVs(dst []byte, id string, s State) []byte {
	dst = smpp.AppendTLV(dst, smpp.TagReceiptedMessageID, append([]byte(id), 0))
	return smpp.AppendTLV(dst, smpp.TagMessageState, []byte{byte(s)})
}
