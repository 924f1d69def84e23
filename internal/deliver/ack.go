package deliver

import (
	"encoding/binary"
	"fmt"
	"time"

	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// ackContent is the content of an acknowledgement: SMPP's own words for what became of a
// message.
func ackContent(fb *message.Feedback, _ *Options) (content, error) {
	return content{text: feedbackText(fb), tlvs: feedbackTLVs(fb)}, nil
}

// feedbackText is for people, and for stacks that read no TLVs.
func feedbackText(fb *message.Feedback) []byte {
	return unlikeReceipt(fmt.Appendf(nil, "readback receiver:%s number:%03d status:%d read:%s",
		fb.Receiver, fb.Number, fb.Status, fb.ReadAt.UTC().Format(time.RFC3339)))
}

// feedbackTLVs are those that SMPP 3.4 table 4-18 lists for deliver_sm.
func feedbackTLVs(fb *message.Feedback) (tlvs []byte) {
	if fb.Reference != nil {
		tlvs = smpp.AppendTLV(tlvs, smpp.TagUserMessageReference, binary.BigEndian.AppendUint16(nil, *fb.Reference))
	}
	if len(fb.MessageIDs) > 0 {
		// Without message_state one common stack takes the message for failed.
		tlvs = receipt.AppendTLVs(tlvs, fb.MessageIDs[0], receipt.Delivered)
	}
	return smpp.AppendTLV(tlvs, smpp.TagUserResponseCode, []byte{fb.Status})
}
