package simulator

import (
	"encoding/binary"
	"strings"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// Address is an SMPP address to be written.
type Address struct {
	TON, NPI byte
	Addr     string
}

// Number returns the address of a number as ESMEs commonly write it: digits are
// international if there are more than eight of them, a short code otherwise;
// anything else is alphanumeric (SMPP 3.4 §5.2.5, §5.2.6).
func Number(addr string) Address {
	switch {
	case strings.Trim(addr, "0123456789") != "":
		return Address{5, 0, addr}
	case len(addr) > 8:
		return Address{1, 1, addr}
	}
	return Address{0, 1, addr}
}

// ShortMessage is a submit_sm or deliver_sm of the usual shape, to be written.
// Fields that it lacks are zero.
type ShortMessage struct {
	ServiceType        string
	From, To           Address
	ESMClass           byte
	RegisteredDelivery byte
	DataCoding         byte
	UserData           []byte // at most 255 octets, header included
	TLVs               []byte // already encoded
}

// Append appends the message as PDU id, submit_sm or deliver_sm (SMPP 3.4 §4.4.1,
// §4.6.1).
func (m ShortMessage) Append(dst []byte, id pdu.ID, seq uint32) smpp.Frame {
	start := len(dst)
	dst = smpp.AppendHeader(dst, id, 0, seq, 0)
	dst = append(append(dst, m.ServiceType...), 0)
	dst = m.From.append(dst)
	dst = m.To.append(dst)
	dst = append(dst, m.ESMClass, 0, 0, 0, 0, m.RegisteredDelivery, 0, m.DataCoding, 0)
	ud := m.UserData[:min(len(m.UserData), 255)]
	dst = append(dst, byte(len(ud)))
	dst = append(dst, ud...)
	dst = append(dst, m.TLVs...)
	f := dst[start:]
	binary.BigEndian.PutUint32(f, uint32(len(f)))
	return f
}

func (a Address) append(dst []byte) []byte {
	dst = append(dst, a.TON, a.NPI)
	return append(append(dst, a.Addr...), 0)
}

// Bind is a bind request to be written (SMPP 3.4 §4.1).
type Bind struct {
	ID                             pdu.ID // zero stands for bind_transceiver
	SystemID, Password, SystemType string
	Version                        byte // zero stands for 34
}

// Append appends the bind request.
func (b Bind) Append(dst []byte, seq uint32) smpp.Frame {
	if b.ID == 0 {
		b.ID = pdu.BindTransceiverID
	}
	if b.Version == 0 {
		b.Version = smpp.InterfaceVersion34
	}
	start := len(dst)
	dst = smpp.AppendHeader(dst, b.ID, 0, seq, 0)
	for _, s := range []string{b.SystemID, b.Password, b.SystemType} {
		dst = append(append(dst, s...), 0)
	}
	dst = append(dst, b.Version, 0, 0, 0)
	f := dst[start:]
	binary.BigEndian.PutUint32(f, uint32(len(f)))
	return f
}
