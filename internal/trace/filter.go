package trace

import (
	"bytes"
	"errors"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// Filter says which PDUs are shown: those to which all of the first three apply that are set. One must be.
type Filter struct {
	Account   string
	Receiver  string // an address that the PDU has, as source or destination
	MessageID string // as the ESME got it
	Full      bool   // subscribers' numbers and texts are shown

	ids      receipt.IDs
	receiver message.Addr
}

// ErrNoFilter says that a Filter is empty.
var ErrNoFilter = errors.New("account, receiver or message_id is needed")

// Prepare checks the filter. It must be called before the filter is used.
func (f *Filter) Prepare() (err error) {
	if f.Receiver != "" {
		if f.receiver, err = message.NormalAddr(f.Receiver); err != nil {
			return err
		}
	}
	if f.Account == "" && f.Receiver == "" && f.MessageID == "" {
		return ErrNoFilter
	}
	return nil
}

// wants reports whether a PDU is to be shown by what it says itself.
func (f *Filter) wants(e *Event, p *parts) bool {
	return f.wantsAccount(e) && f.wantsReceiver(e, p) && f.wantsID(e, p)
}

func (f *Filter) wantsAccount(e *Event) bool {
	return f.Account == "" || e.Account == f.Account || message.Shown(e.Account) == f.Account
}

func (f *Filter) wantsReceiver(e *Event, p *parts) bool {
	if f.Receiver == "" {
		return true
	}
	for i := range p.all {
		q := &p.all[i]
		if q.isTLV || q.kind != address {
			continue
		}
		if a, err := message.NormalAddr([]byte(e.Frame[q.at:q.end])); err == nil && a == f.receiver {
			return true
		}
	}
	return false
}

// wantsID looks for the message_id: in a response, in a request about a message, and in a receipt.
func (f *Filter) wantsID(e *Event, p *parts) bool {
	if f.MessageID == "" {
		return true
	}
	want := []byte(f.MessageID)
	if id := p.find(e.Frame, "message_id"); len(id) > 0 {
		return f.ids.Same(id, want) || bytes.Equal(receipt.Key(f.ids.OfResponse(id)), receipt.Key(f.ids.OfResponse(want)))
	}
	id := receiptID(e.Frame, p)
	return len(id) > 0 && (f.ids.Same(id, want) || bytes.EqualFold(id, want))
}

// receiptID returns the message_id that a message is about; empty if there is none.
func receiptID(f smpp.Frame, p *parts) []byte {
	if f.ID() != pdu.DeliverSMID && f.ID() != pdu.DataSMID {
		return nil
	}
	if id := p.find(f, "receipted_message_id"); len(id) > 0 {
		return bytes.TrimRight(id, "\x00")
	}
	m, err := smpp.ParseLenient(f)
	if err != nil {
		return nil
	}
	r, _ := receipt.Parse(m)
	return r.ID
}
