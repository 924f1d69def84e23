package gateway

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutext"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutlv"

	"readback/relay"
	"readback/smpp"
)

// FeedbackForm is how feedback looks beyond what the account's policy says.
type FeedbackForm struct {
	TagNumber pdutlv.Tag // vendor TLV of the number, uint16 big-endian
	TagRead   pdutlv.Tag // vendor TLV of the read time, RFC 3339
}

// DefaultFeedbackForm has the tags of docs/wire.md.
var DefaultFeedbackForm = FeedbackForm{TagNumber: 0x1520, TagRead: 0x1521}

// tell delivers one feedback to the ESME and returns when it has answered: nil
// for ESME_ROK, a relay.Permanent error for a refusal that is meant for good.
func (l *link) tell(ctx context.Context, fb *relay.Feedback) error {
	policy := l.g.policies.of(l.bind.account)
	f, err := deliverSM(fb, l.g.opt.Feedback, policy.VendorTLVs, l.bind.version)
	if err != nil {
		return relay.Permanent(err)
	}
	err = l.esme.Call(ctx, f)
	var status pdu.Status
	if errors.As(err, &status) && !smpp.Temporary(status) {
		return relay.Permanent(err)
	}
	return err
}

// feedbackText tells people and stacks without TLVs. It has neither `id:` nor
// `stat:` in it, by which stacks would take it for a delivery receipt.
func feedbackText(fb *relay.Feedback) string {
	return fmt.Sprintf("readback receiver:%s number:%03d status:%d read:%s",
		fb.Receiver, fb.Number, fb.Status, fb.ReadAt.UTC().Format(time.RFC3339))
}

// deliverSM makes the SME delivery acknowledgement, SMPP's "the user has read
// the message" (SMPP 3.4 §2.11, §4.6.1). A peer below version 3.4 gets no TLVs
// (§3.4). The session gives the sequence_number.
func deliverSM(fb *relay.Feedback, form FeedbackForm, vendor bool, version byte) (smpp.Frame, error) {
	p := pdu.NewSubmitSM(nil) // go-smpp's own deliver_sm has a stray octet
	p.Header().ID = pdu.DeliverSMID
	p.Header().Seq = smpp.OwnSeq
	for _, field := range []struct {
		name  pdufield.Name
		value any
	}{
		{pdufield.SourceAddrTON, fb.ReceiverTON},
		{pdufield.SourceAddrNPI, fb.ReceiverNPI},
		{pdufield.SourceAddr, fb.Receiver},
		{pdufield.DestAddrTON, fb.SenderTON},
		{pdufield.DestAddrNPI, fb.SenderNPI},
		{pdufield.DestinationAddr, fb.Sender},
		{pdufield.ESMClass, uint8(smpp.ESMClassDeliveryAck)},
		{pdufield.ShortMessage, pdutext.Raw(feedbackText(fb))},
	} {
		if err := p.Fields().Set(field.name, field.value); err != nil {
			return nil, fmt.Errorf("deliver_sm %s: %w", field.name, err)
		}
	}
	var b bytes.Buffer
	if err := p.SerializeTo(&b); err != nil {
		return nil, fmt.Errorf("deliver_sm: %w", err)
	}
	f := smpp.Frame(b.Bytes())
	if version >= smpp.InterfaceVersion34 {
		f = appendFeedbackTLVs(f, fb)
		if vendor {
			f = appendVendorTLVs(f, fb, form)
		}
	}
	binary.BigEndian.PutUint32(f, uint32(len(f)))
	return f, nil
}

// appendFeedbackTLVs appends those that SMPP 3.4 table 4-18 lists for deliver_sm.
// message_state goes with every receipted_message_id: without it one common
// stack takes the message for failed.
func appendFeedbackTLVs(f []byte, fb *relay.Feedback) []byte {
	if fb.Reference != nil {
		f = smpp.AppendTLV(f, smpp.TagUserMessageReference, binary.BigEndian.AppendUint16(nil, *fb.Reference))
	}
	if len(fb.MessageIDs) > 0 {
		f = smpp.AppendTLV(f, smpp.TagReceiptedMessageID, append([]byte(fb.MessageIDs[0]), 0))
		f = smpp.AppendTLV(f, smpp.TagMessageState, []byte{messageStateDelivered})
	}
	return smpp.AppendTLV(f, smpp.TagUserResponseCode, []byte{fb.Status})
}

const messageStateDelivered = 2 // SMPP 3.4 §5.2.28

func appendVendorTLVs(f []byte, fb *relay.Feedback, form FeedbackForm) []byte {
	f = smpp.AppendTLV(f, form.TagNumber, binary.BigEndian.AppendUint16(nil, fb.Number))
	return smpp.AppendTLV(f, form.TagRead, []byte(fb.ReadAt.UTC().Format(time.RFC3339)))
}
