package receipts

import (
	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// finalStates are the states of the ledger for those of a receipt. The other states of a receipt,
// such as UNKNOWN, are not final.
var finalStates = map[receipt.State]message.State{
	receipt.Delivered:     message.StateDelivered,
	receipt.Expired:       message.StateExpired,
	receipt.Deleted:       message.StateFailed,
	receipt.Undeliverable: message.StateFailed,
	receipt.Rejected:      message.StateFailed,
}

// Answered takes the answer to the receipt f, which went to the account, and notes the receipt. by is the
// session of the ESME that has answered; zero: the gateway has. A receipt that the ESME refuses for now is
// not noted, because the SMSC sends it again.
func (h *Handler) Answered(account string, f smpp.Frame, status pdu.Status, by message.Session) {
	switch {
	case status == smpp.StatusOK:
	case smpp.Temporary(status):
		return
	default:
		by = 0 // it has not taken the receipt
	}
	if m, r, ok := Parse(f); ok {
		h.Note(account, m, &r, by)
	}
}

// Note records in the ledger the delivery receipt r, which is in m and which a session of the account has
// taken. It ignores an intermediate notification, and a receipt that does not say which message it is about
// or what became of it.
func (h *Handler) Note(account string, m smpp.Message, r *receipt.Receipt, by message.Session) {
	state, isFinal := finalStates[r.State]
	if r.Intermediate || !isFinal || len(r.ID) == 0 {
		return
	}
	h.opt.Ledger.Receipt(account, ConversationOf(m), r.ID, state, by)
}

// ConversationOf returns the conversation of the message that a receipt is about, as its addresses say: the
// receipt goes the other way round. An address that is missing, or too long, is zero: then the rest decides.
func ConversationOf(m smpp.Message) (c message.Conversation) {
	c.Sender, _ = message.NormalAddr(m.To.Addr)
	c.Receiver, _ = message.NormalAddr(m.From.Addr)
	return c
}

// Parse reads a copy of a receipt that has been read before. ok is always true then.
func Parse(f smpp.Frame) (m smpp.Message, r receipt.Receipt, ok bool) {
	m, err := smpp.ParseLenient(f)
	if err != nil {
		return m, r, false
	}
	r, ok = receipt.Parse(m)
	return m, r, ok
}
