package gateway

import (
	"bytes"
	"errors"
	"sync"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"

	"readback/smpp"
)

// bind is what the gateway must know of an ESME's bind.
type bind struct {
	id       pdu.ID
	account  string
	password []byte
	version  byte // interface_version (SMPP 3.4 §5.2.4)
	state    smpp.State

	answered chan struct{} // closed when it is answered, by the SMSC or by the gateway
	once     *sync.Once    // closes answered
}

// settle lets the ESME's read goroutine go on.
func (b *bind) settle() { b.once.Do(func() { close(b.answered) }) }

var errBind = errors.New("bind request ends early")

// bindCStrings is how many NUL-terminated fields a bind has: system_id, password,
// system_type and, behind three octets, address_range (SMPP 3.4 §4.1).
const bindCStrings = 4

// readBind reads a bind request.
func readBind(f smpp.Frame) (bind, error) {
	n, ok := mandatoryLen(f.Body())
	if !ok {
		return bind{}, errBind // the decoder would make up what is missing
	}
	// What follows is the SMSC's to judge; the decoder would refuse a broken TLV.
	known := append(smpp.AppendHeader(nil, f.ID(), 0, f.Seq(), n), f.Body()[:n]...)
	p, err := pdu.Decode(bytes.NewReader(known))
	if err != nil {
		return bind{}, err
	}
	b := bind{id: f.ID(), state: smpp.BindState(f.ID())}
	if field := p.Fields()[pdufield.SystemID]; field != nil {
		b.account = field.String()
	}
	if field := p.Fields()[pdufield.Password]; field != nil {
		b.password = []byte(field.String())
	}
	if field := p.Fields()[pdufield.InterfaceVersion]; field != nil && field.Len() > 0 {
		b.version = field.Bytes()[0]
	}
	return b, nil
}

// mandatoryLen is how long the mandatory fields are, if all of them are there.
func mandatoryLen(body []byte) (n int, ok bool) {
	rest := body
	for i := range bindCStrings {
		if i == bindCStrings-1 {
			if len(rest) < 3 { // interface_version, addr_ton, addr_npi
				return 0, false
			}
			rest = rest[3:]
		}
		if _, rest, ok = bytes.Cut(rest, []byte{0}); !ok {
			return 0, false
		}
	}
	return len(body) - len(rest), true
}
