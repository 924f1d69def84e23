package receipt

import (
	"bytes"
	"math/big"
)

// Base says how an SMSC writes a message_id.
type Base uint8

// The values of smsc.message_id.response and smsc.message_id.receipt.
const (
	AsIs    Base = iota // a string
	Hex                 // a hexadecimal number
	Decimal             // a decimal number
)

// IDs says how the SMSC writes message_ids in its responses and in receipts. Either both are
// numbers or neither is.
type IDs struct{ Response, Receipt Base }

// OfResponse returns the canonical form of an id in a response. It is a string as it came,
// or a hexadecimal number.
func (ids IDs) OfResponse(id []byte) []byte { return canonical(id, ids.Response) }

// OfReceipt returns the canonical form of an id in a receipt.
func (ids IDs) OfReceipt(id []byte) []byte { return canonical(id, ids.Receipt) }

// Same reports whether an id in a receipt and one in a response are the same. Letters may
// differ in case, and there may be more zeros in front of one: SMSCs differ so by
// themselves.
func (ids IDs) Same(receipt, response []byte) bool {
	a, b := trimZeros(ids.OfReceipt(receipt)), trimZeros(ids.OfResponse(response))
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// SameID is Same of an SMSC that writes ids as strings.
func SameID(receipt, response []byte) bool { return IDs{}.Same(receipt, response) }

// Key returns one form for all canonical ids that are the same by IDs.Same.
func Key(canonical []byte) []byte { return AppendKey(nil, canonical) }

// AppendKey appends Key to dst.
func AppendKey(dst, canonical []byte) []byte {
	n := len(dst)
	dst = append(dst, trimZeros(canonical)...)
	for i := n; i < len(dst); i++ {
		dst[i] = lower(dst[i])
	}
	return dst
}

// trimZeros returns the id without zeros in front.
func trimZeros(id []byte) []byte {
	for len(id) > 1 && id[0] == '0' {
		id = id[1:]
	}
	return id
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// canonical writes a number in hexadecimal without zeros in front: it is never longer than
// it came. An id that is no number of the base stays as it is: it may still be found.
func canonical(id []byte, base Base) []byte {
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
