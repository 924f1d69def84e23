package gateway

import (
	"bytes"
	"math/big"
)

// Base says how to read a message_id.
type Base uint8

// The values of smsc.message_id.response and .receipt.
const (
	AsIs    Base = iota // an opaque string
	Hex                 // a hexadecimal number, in whatever case, with whatever zeros in front
	Decimal             // a decimal number, with whatever zeros in front
)

// MessageIDs says how the SMSC writes message_ids in its answers and in receipts.
// Either both are numbers or neither is.
type MessageIDs struct{ Response, Receipt Base }

// response is the one form under which an id from an answer is known.
func (m MessageIDs) response(id []byte) []byte { return canonicalID(id, m.Response) }

// receipt is that form of an id from a receipt.
func (m MessageIDs) receipt(id []byte) []byte { return canonicalID(id, m.Receipt) }

// key is the one form by which a part is found, of an id that response or receipt
// returned: SMSCs may differ by themselves in case and leading zeros.
func (m MessageIDs) key(id []byte) []byte {
	for len(id) > 1 && id[0] == '0' {
		id = id[1:]
	}
	return bytes.ToLower(id)
}

// Same tells whether an id from a receipt is that of an answer.
func (m MessageIDs) Same(receipt, response []byte) bool {
	return bytes.Equal(m.receipt(receipt), m.response(response))
}

// canonicalID writes a number in hexadecimal without zeros in front: never longer
// than it came. What is no number
// of the base stays as it is: it may still be found.
func canonicalID(id []byte, base Base) []byte {
	radix := 10
	switch base {
	case AsIs:
		return id
	case Hex:
		radix = 16
	}
	if bytes.ContainsAny(id, "+-_") { // which SetString would take
		return id
	}
	n, ok := new(big.Int).SetString(string(id), radix)
	if !ok {
		return id
	}
	return n.Append(nil, 16)
}
