package deliver

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutext"

	"readback/relay/message"
	"readback/smpp"
)

// DeliverSM makes the deliver_sm (SMPP 3.4 §4.6.1). A peer below version 3.4 gets no
// TLVs (§3.4). The session gives the sequence_number.
func DeliverSM(fb *message.Feedback, t *Options, version byte) (smpp.Frame, error) {
	c, err := t.Form.content(fb, t)
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
		{pdufield.ESMClass, forms[t.Form].esmClass},
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
