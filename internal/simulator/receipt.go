package simulator

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
	"readback/udh"
)

// receipt is a delivery receipt that waits for a session: a deliver_sm, and how
// much of it comes before the TLVs, which a session below version 34 does not get.
type receipt struct {
	frame     smpp.Frame
	mandatory int
}

// stateText are the states as receipts spell them (SMPP 3.4 appendix B).
var stateText = map[State]string{Delivered: "DELIVRD", Deleted: "DELETED"}

// Values of registered_delivery & 03 (SMPP 3.4 §5.2.17; the last in 5.0 §4.7.21).
const (
	receiptMask      = 0x03
	receiptOnFailure = 0x02
	receiptOnSuccess = 0x03
)

// wantsReceipt tells whether registered_delivery asks for a receipt of state.
func wantsReceipt(registeredDelivery byte, state State) bool {
	switch registeredDelivery & receiptMask {
	case 0:
		return false
	case receiptOnFailure:
		return state != Delivered
	case receiptOnSuccess:
		return state == Delivered
	}
	return true
}

// newReceipt makes the receipt of message m: addresses exchanged, the text of
// appendix B, and the TLVs of SMPP 3.4 §5.3.2.12 and §5.3.2.35.
func newReceipt(m smpp.Message, id string, state State, now time.Time) *receipt {
	date := now.UTC().Format("0601021504")
	delivered := 0
	if state == Delivered {
		delivered = 1
	}
	text := fmt.Sprintf("id:%s sub:001 dlvrd:%03d submit date:%s done date:%s stat:%s err:000 text:%s",
		id, delivered, date, date, stateText[state], excerpt(m))
	sm := ShortMessage{
		From: Address{m.To.TON, m.To.NPI, string(m.To.Addr)}, To: Address{m.From.TON, m.From.NPI, string(m.From.Addr)},
		ESMClass: smpp.ESMClassReceipt, UserData: []byte(text),
	}
	f := sm.Append(nil, pdu.DeliverSMID, 0)
	r := &receipt{f, len(f)}
	r.frame = smpp.AppendTLV(r.frame, smpp.TagReceiptedMessageID, append([]byte(id), 0))
	r.frame = smpp.AppendTLV(r.frame, smpp.TagMessageState, []byte{byte(state)})
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

// sendReceipt adds r to what the session writes; the account's mutex is held.
func (s *session) sendReceipt(r *receipt) {
	f := r.frame
	if !s.hasTLVs {
		f = f[:r.mandatory]
		binary.BigEndian.PutUint32(f, uint32(len(f)))
	}
	seq, _ := s.await(0, nil)
	f.SetSeq(seq)
	s.out.add(f)
}
