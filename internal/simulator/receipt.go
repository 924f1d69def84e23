package simulator

import (
	"encoding/binary"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
	"readback/smpp/receipt"
	"readback/udh"
)

// waitingReceipt is a delivery receipt that waits for a session: a deliver_sm, and how
// much of it comes before the TLVs, which a session below version 34 does not get.
type waitingReceipt struct {
	frame     smpp.Frame
	mandatory int
}

// newReceipt makes the receipt of message m, from its receiver to its sender.
func newReceipt(m smpp.Message, id string, state receipt.State, now time.Time, change ReceiptChange) *waitingReceipt {
	report := receipt.Report{ID: id, State: state, Submitted: now, Done: now, Text: excerpt(m), Error: change.Error}
	sm := ShortMessage{
		From: Address{m.To.TON, m.To.NPI, string(m.To.Addr)}, To: Address{m.From.TON, m.From.NPI, string(m.From.Addr)},
		ESMClass: smpp.ESMClassReceipt, UserData: report.AppendText(nil),
	}
	f := sm.Append(nil, pdu.DeliverSMID, 0)
	r := &waitingReceipt{f, len(f)}
	if !change.NoTLVs {
		r.frame = receipt.AppendTLVs(r.frame, id, state)
	}
	tlvs := m.TLVs()
	for tlv, ok := tlvs.Next(); ok; tlv, ok = tlvs.Next() {
		if tlv.Tag == smpp.TagUserMessageReference && len(tlv.Value) == 2 {
			r.frame = smpp.AppendTLV(r.frame, tlv.Tag, tlv.Value)
		}
	}
	binary.BigEndian.PutUint32(r.frame, uint32(len(r.frame)))
	return r
}

// excerpt is the beginning of a text that is plain ASCII, else nothing.
func excerpt(m smpp.Message) string {
	text := m.UserData()
	if h, err := udh.ParseHeader(text); m.HasUDH() && err == nil {
		text = text[h.Len():]
	}
	text = text[:min(len(text), 20)]
	for _, b := range text {
		if b < ' ' || b > '~' {
			return ""
		}
	}
	return string(text)
}
