package deliver

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutext"

	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// content is what the forms differ in.
type content struct {
	esmClass   byte
	dataCoding byte
	text       []byte
	tlvs       []byte // for peers from version 3.4 on
}

// contentOf makes a feedback in the account's form.
func contentOf(fb *message.Feedback, t *Options) (c content, err error) {
	switch t.Form {
	case Receipt:
		c, err = receiptContent(fb)
	case MO:
		c, err = moContent(fb, t.Template)
	case UserAck:
		c = content{esmClass: smpp.ESMClassUserAck, text: feedbackText(fb), tlvs: feedbackTLVs(fb)}
	default:
		c = content{esmClass: smpp.ESMClassDeliveryAck, text: feedbackText(fb), tlvs: feedbackTLVs(fb)}
	}
	if t.VendorTLVs {
		c.tlvs = smpp.AppendTLV(c.tlvs, t.Tags.Number, binary.BigEndian.AppendUint16(nil, fb.Number))
		c.tlvs = smpp.AppendTLV(c.tlvs, t.Tags.Read, []byte(fb.ReadAt.UTC().Format(time.RFC3339)))
	}
	return c, err
}

// DeliverSM makes the deliver_sm (SMPP 3.4 §4.6.1). A peer below version 3.4 gets no
// TLVs (§3.4). The session gives the sequence_number.
func DeliverSM(fb *message.Feedback, t *Options, version byte) (smpp.Frame, error) {
	c, err := contentOf(fb, t)
	if err != nil {
		return nil, err
	}
	if len(c.text) > smpp.MaxShortMessage {
		return nil, fmt.Errorf("deliver_sm: a text of %d octets", len(c.text))
	}
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
		{pdufield.ESMClass, c.esmClass},
		{pdufield.ShortMessage, pdutext.Raw(c.text)}, // sets data_coding, too
		{pdufield.DataCoding, c.dataCoding},
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
		f = append(f, c.tlvs...) // go-smpp would write them in any order
	}
	binary.BigEndian.PutUint32(f, uint32(len(f)))
	return f, nil
}

// feedbackText tells people and stacks without TLVs.
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
