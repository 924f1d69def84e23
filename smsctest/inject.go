package smsctest

import (
	"context"
	"fmt"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
	"readback/smpp/receipt"
)

// StatusError is the command_status with which a client refused what it was sent.
type StatusError uint32

// Error names the status, as SMPP 3.4 §5.1.3 does.
func (e StatusError) Error() string {
	if name := smpp.Mnemonic(pdu.Status(e)); name != "" {
		return "smsctest: the client answered " + name
	}
	return fmt.Sprintf("smsctest: the client answered %#x", uint32(e))
}

// MO is a message of a subscriber to the client.
type MO struct {
	Account  string // system_id of the session that gets it; empty: any
	From, To string // the subscriber, and the client's number
	Text     string // in parts if it is longer than an SMS
	Coding   string // gsm7, ucs2, ascii or latin1; empty: gsm7 if it has all characters, else ucs2
	Octets   []byte // in place of Text: a binary message
	Header   []byte // user data header, length octet included; may be nil
}

// Inject sends a message of a subscriber to a session of the client that may receive, and waits for the answer.
// It returns nil if the client accepted all parts, a StatusError if it refused one.
func (s *SMSC) Inject(ctx context.Context, m MO) error {
	all, err := s.smsc.DeliverMO(ctx, m.Account, simulator.MO{
		From: m.From, To: m.To, Text: m.Text, Coding: m.Coding, Octets: m.Octets, UDH: m.Header,
	})
	for _, status := range all {
		if status != smpp.StatusOK {
			return StatusError(status)
		}
	}
	return wrap(err)
}

// Receipt is a delivery receipt. Submit.Receipt makes one.
type Receipt struct {
	Account   string // system_id of the session that gets it; empty: any
	From, To  string // the receiver of the message, and its sender
	MessageID string
	State     string // DELIVRD, UNDELIV, EXPIRED and so on (SMPP 3.4 Appendix B); empty stands for DELIVRD
	Error     string // err of the text, three characters; empty stands for 000
	TextOnly  bool   // neither receipted_message_id nor message_state
}

// InjectReceipt sends a delivery receipt to a session of the client that may receive, and waits for the answer.
// It returns nil if the client accepted it, a StatusError if it refused it.
func (s *SMSC) InjectReceipt(ctx context.Context, r Receipt) error {
	state := receipt.Delivered
	if r.State != "" {
		if state = receipt.ParseStat([]byte(r.State)); state.Stat() != r.State {
			return fmt.Errorf("smsctest: state %q: unknown (hint: DELIVRD, UNDELIV, EXPIRED …)", r.State)
		}
	}
	status, err := s.smsc.DeliverReceipt(ctx, r.Account, simulator.Receipt{
		From: r.From, To: r.To, MessageID: r.MessageID, State: state, Error: r.Error, NoTLVs: r.TextOnly,
	})
	if err == nil && status != smpp.StatusOK {
		return StatusError(status)
	}
	return wrap(err)
}

// InjectPDU sends a PDU, octet for octet, to a session of the account, an empty one standing for any; a
// sequence_number of zero is filled in. It waits for the response, whose command_status it returns. What has no
// response is only sent.
func (s *SMSC) InjectPDU(ctx context.Context, account string, frame []byte) (status uint32, err error) {
	got, err := s.smsc.Deliver(ctx, account, frame)
	return uint32(got), wrap(err)
}

// wrap says where an error comes from.
func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("smsctest: %w", err)
}
