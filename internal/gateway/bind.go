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
	missing  int  // octets of mandatory fields that the ESME has left out
	state    smpp.State

	answered chan struct{} // closed when it is answered, by the SMSC or by the gateway
	once     *sync.Once    // closes answered

	// Set before answered is closed.
	granted bool       // by the SMSC
	refusal smpp.Frame // of the SMSC, not passed on yet; nil: none
	seq     uint32     // of the ESME's request
}

// settle lets the ESME's read goroutine go on.
func (b *bind) settle() { b.once.Do(func() { close(b.answered) }) }

var errBind = errors.New("bind request ends early")

// readBind reads a bind request (SMPP 3.4 §4.1). Old peers leave out fields at the end, which then count
// as empty. Only system_id must be there, because the gateway must know whose session it is.
func readBind(f smpp.Frame) (bind, error) {
	if !bytes.Contains(f.Body(), []byte{0}) {
		return bind{}, errBind
	}
	known, missing := mandatory(f.Body())
	// What follows is the SMSC's to judge; the decoder would refuse a broken TLV.
	known = append(smpp.AppendHeader(nil, f.ID(), 0, f.Seq(), len(known)), known...)
	p, err := pdu.Decode(bytes.NewReader(known))
	if err != nil {
		return bind{}, err
	}
	b := bind{id: f.ID(), state: smpp.BindState(f.ID()), missing: missing}
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

// bindFields is the shortest body of a bind: system_id, password, system_type, interface_version,
// addr_ton, addr_npi and address_range, all of them empty (SMPP 3.4 §4.1).
const bindFields = "\x00\x00\x00\x00\x00\x00\x00"

// mandatory returns the mandatory fields of the body of a bind, and how many octets are missing of them.
// Those are zero in fields.
func mandatory(body []byte) (fields []byte, missing int) {
	padded := append(bytes.Clone(body), bindFields...)
	rest := padded
	for range 3 { // system_id, password, system_type
		_, rest, _ = bytes.Cut(rest, []byte{0})
	}
	_, rest, _ = bytes.Cut(rest[3:], []byte{0}) // address_range
	fields = padded[:len(padded)-len(rest)]
	return fields, max(0, len(fields)-len(body))
}
