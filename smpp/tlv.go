package smpp

import (
	"encoding/binary"

	"github.com/fiorix/go-smpp/smpp/pdu/pdutlv"
)

const tlvHeaderLen = 4

// TLV is one optional parameter (SMPP 3.4 §5.3).
type TLV struct {
	Tag    pdutlv.Tag
	Value  []byte // part of the frame
	Offset int    // offset of the tag in the optional parameters
}

// TLVReader walks optional parameters without copying.
type TLVReader struct {
	b  []byte
	at int
}

// TLVs returns a reader of b, the octets of a PDU behind its mandatory fields.
func TLVs(b []byte) TLVReader { return TLVReader{b: b} }

// Next returns the next parameter. ok is false at the end, and for a parameter that extends
// beyond it.
func (r *TLVReader) Next() (tlv TLV, ok bool) {
	b := r.b[r.at:]
	if len(b) < tlvHeaderLen {
		return TLV{}, false
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if len(b) < tlvHeaderLen+n {
		return TLV{}, false
	}
	tlv = TLV{pdutlv.Tag(binary.BigEndian.Uint16(b)), b[tlvHeaderLen : tlvHeaderLen+n], r.at}
	r.at += tlvHeaderLen + n
	return tlv, true
}

// Rest returns how many octets Next has not passed. After the last parameter these are octets
// that are no parameter.
func (r *TLVReader) Rest() int { return len(r.b) - r.at }

// AppendTLV appends one optional parameter.
func AppendTLV(dst []byte, tag pdutlv.Tag, value []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(tag))
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(value)))
	return append(dst, value...)
}
