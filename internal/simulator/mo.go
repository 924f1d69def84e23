package simulator

import (
	"context"
	"fmt"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
	"readback/udh"
)

// MO is a message of a subscriber to an ESME. A text that is longer than one short message goes out in
// parts.
type MO struct {
	From, To string
	Text     string
	Coding   string // gsm7, ascii, latin1, ucs2; empty: gsm7 if it has all characters, else ucs2
	Octets   []byte // in place of Text: binary, data_coding 04
	UDH      []byte // user data header, length octet included; may be empty
}

// codings are the codings of an MO with their data_coding (SMPP 3.4 §5.2.19).
var codings = []struct {
	coding     udh.Coding
	dataCoding byte
}{{udh.GSM7, 0x00}, {udh.UCS2, 0x08}, {udh.ASCII, 0x01}, {udh.Latin1, 0x03}}

// dataCodingBinary is octets without an alphabet.
const dataCodingBinary = 0x04

// encode returns the text as it is sent.
func (m MO) encode() (text []byte, c udh.Coding, dataCoding byte, err error) {
	if len(m.Octets) > 0 {
		if m.Text != "" {
			return nil, 0, 0, fmt.Errorf("both a text and octets (hint: one of the two)")
		}
		return m.Octets, udh.Binary, dataCodingBinary, nil
	}
	known := m.Coding == ""
	for _, one := range codings {
		if m.Coding != "" && m.Coding != one.coding.String() {
			continue
		}
		known = true
		if b, ok := udh.Encode(m.Text, one.coding); ok {
			return b, one.coding, one.dataCoding, nil
		}
	}
	if !known {
		return nil, 0, 0, fmt.Errorf("coding %q: unknown (hint: gsm7, ucs2, ascii, latin1, or none)", m.Coding)
	}
	if m.Coding == "" || m.Coding == udh.UCS2.String() {
		return nil, 0, 0, fmt.Errorf("text: not UTF-8, or has U+FFFD, which stands for what is not (hint: hex takes any octets)")
	}
	return nil, 0, 0, fmt.Errorf("coding %s lacks a character of the text (hint: ucs2, or no coding)", m.Coding)
}

// Frames returns the deliver_sm that bring the message, with a sequence_number of zero. ref tells its parts
// from those of other messages.
func (m MO) Frames(ref byte) ([]smpp.Frame, error) {
	if err := checkNumbers(m.From, m.To, "from is the subscriber, to the ESME's number"); err != nil {
		return nil, err
	}
	text, coding, dataCoding, err := m.encode()
	if err != nil {
		return nil, err
	}
	var own udh.Header
	if len(m.UDH) > 0 {
		if own, err = udh.ParseHeader(m.UDH); err != nil || own.Len() != len(m.UDH) {
			return nil, fmt.Errorf("udh: no user data header (hint: its first octet counts those behind it, as in 0403021234)")
		}
	}
	sm := ShortMessage{From: Number(Digits(m.From)), To: Number(Digits(m.To)), DataCoding: dataCoding}
	if len(own) > 0 {
		sm.ESMClass = smpp.ESMClassUDHI
	}
	if units, ok := udh.TextLen(coding, text); ok && units <= udh.Room(coding, len(own)) {
		sm.UserData = append(append([]byte(nil), own...), text...)
		return []smpp.Frame{sm.Append(nil, pdu.DeliverSMID, 0)}, nil
	}
	return sm.parts(own, text, coding, ref)
}

// parts returns the deliver_sm of a message that is too long for one.
func (m ShortMessage) parts(own udh.Header, text []byte, c udh.Coding, ref byte) ([]smpp.Frame, error) {
	part := udh.Part{Ref: uint16(ref)}
	ends, ok := udh.Cut(text, c, udh.Room(c, max(len(own), 1)+part.Len()))
	if !ok {
		return nil, fmt.Errorf("too long for an SMS, and cannot be cut into parts (hint: octets and a header must fit into one SMS of 140 octets, a text into 255 parts)")
	}
	part.Total, m.ESMClass = byte(len(ends)), smpp.ESMClassUDHI
	var frames []smpp.Frame
	at := 0
	for _, end := range ends {
		part.Seq++
		ud, err := udh.AppendHeader(nil, own, &part, udh.Element{})
		if err != nil {
			return nil, err
		}
		m.UserData = append(ud, text[at:end]...)
		frames = append(frames, m.Append(nil, pdu.DeliverSMID, 0))
		at = end
	}
	return frames, nil
}

// DeliverMO sends a message to a session of the account, an empty one standing for any, and waits for the
// responses. It returns their statuses: one for each part.
func (c *SMSC) DeliverMO(ctx context.Context, account string, m MO) ([]pdu.Status, error) {
	frames, err := m.Frames(byte(c.references.Add(1)))
	if err != nil {
		return nil, err
	}
	var all []pdu.Status
	for _, f := range frames {
		status, err := c.Deliver(ctx, account, f)
		if err != nil {
			return all, err
		}
		all = append(all, status)
	}
	return all, nil
}
