package deliver

import (
	"encoding/binary"
	"strconv"
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
	text := append(make([]byte, 0, 96), "readback receiver:"...)
	text = append(append(text, fb.Receiver...), " number:"...)
	for least := uint16(100); fb.Number < least && least > 1; least /= 10 {
		text = append(text, '0')
	}
	text = append(strconv.AppendUint(text, uint64(fb.Number), 10), " status:"...)
	text = append(strconv.AppendUint(text, uint64(fb.Status), 10), " read:"...)
	return unlikeReceipt(fb.ReadAt.UTC().AppendFormat(text, time.RFC3339))
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
