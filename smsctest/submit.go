package smsctest

import (
	"bytes"
	"fmt"
	"time"

	"readback/internal/simulator"
	"readback/smpp"
	"readback/udh"
)

// Address is an address as the client wrote it.
type Address struct {
	TON, NPI byte
	Addr     string
}

// Submit is a submit_sm or data_sm that came in.
type Submit struct {
	Session uint64    // counted from 1 in the order of connecting
	Account string    // system_id of the bind
	At      time.Time // of the answer
	Command string    // submit_sm or data_sm

	Sender, Receiver   Address
	ServiceType        string
	ESMClass           byte
	ProtocolID         byte
	DataCoding         byte
	RegisteredDelivery byte
	// Header is the user data header, length octet included. It is nil without, or if it cannot be read.
	Header []byte
	// Octets are the text as it came: behind the header, in short_message or message_payload.
	Octets []byte
	// Text is Octets decoded by DataCoding, where 00 is GSM 7-bit, unpacked. Octets that are no text are in hex.
	Text string
	TLVs map[uint16][]byte // the last one of each tag

	// MessageID is what the SMSC answered. It is empty if it did not accept the message.
	MessageID string
	// Status is the command_status that the SMSC answered; see Answered.
	Status uint32
	// Answered is false if the scenario keeps the answer from the client: none, lost, reset, close, garbage.
	Answered bool

	// PDU is the whole PDU as it came.
	PDU []byte
}

// String describes the message in a line.
func (s Submit) String() string {
	outcome := "accepted as " + s.MessageID
	switch {
	case s.Status != 0:
		outcome = fmt.Sprintf("refused with %#x", s.Status)
	case !s.Answered:
		outcome = "not answered"
	}
	return fmt.Sprintf("%s %s → %s %q (%s)", s.Command, s.Sender.Addr, s.Receiver.Addr, s.Text, outcome)
}

// newSubmit copies what a test sees. ok is false for a message that cannot be read.
func newSubmit(in simulator.Submitted) (s Submit, ok bool) {
	m, err := smpp.ParseMessage(bytes.Clone(in.Frame))
	if err != nil {
		return Submit{}, false
	}
	s = Submit{
		Session: in.Session, Account: in.Account, At: in.At, Command: smpp.Command(m.Frame.ID()),
		Sender: Address{m.From.TON, m.From.NPI, string(m.From.Addr)}, Receiver: Address{m.To.TON, m.To.NPI, string(m.To.Addr)},
		ServiceType: string(m.ServiceType()), ESMClass: m.ESMClass(), ProtocolID: m.ProtocolID(), DataCoding: m.DataCoding(),
		RegisteredDelivery: m.RegisteredDelivery(), Octets: m.UserData(), TLVs: make(map[uint16][]byte),
		MessageID: in.MessageID, Status: uint32(in.Status), PDU: m.Frame,
		Answered: in.Fate == simulator.Answered || in.Fate == simulator.Unbound,
	}
	if h, err := udh.ParseHeader(s.Octets); m.HasUDH() && err == nil {
		s.Header, s.Octets = h, s.Octets[h.Len():]
	}
	s.Text = udh.Decode(s.Octets, udh.CodingOf(s.DataCoding, udh.GSM7))
	tlvs := m.TLVs()
	for tlv, ok := tlvs.Next(); ok; tlv, ok = tlvs.Next() {
		s.TLVs[uint16(tlv.Tag)] = tlv.Value
	}
	return s, true
}

// Receipt returns a delivery receipt of the message, for InjectReceipt. state is a word of SMPP 3.4 Appendix B,
// such as DELIVRD or UNDELIV.
func (s Submit) Receipt(state string) Receipt {
	return Receipt{Account: s.Account, From: s.Receiver.Addr, To: s.Sender.Addr, MessageID: s.MessageID, State: state}
}
