package account

import "strings"

// AddressRange is addresses that belong to an account, normalised as conversations
// are: without the + or 00 of an international number, names in lower case.
//
// Low and High are of one length. If they are digits, the range is every number
// of that length from Low to High; with Prefix, Low equals High and every longer
// number that begins so belongs to it too. If they are not, they are equal, and
// the range is that one name.
type AddressRange struct {
	Low, High string
	Prefix    bool
}

// Has reports whether the normalised address belongs to the range.
func (r AddressRange) Has(addr string) bool {
	if r.Prefix && len(addr) > len(r.Low) {
		addr = addr[:len(r.Low)]
	}
	return len(addr) == len(r.Low) && r.Low <= addr && addr <= r.High
}

// String returns the range as it may be written in the configuration.
func (r AddressRange) String() string {
	switch {
	case r.Prefix:
		return r.Low + "*"
	case r.Low != r.High:
		return r.Low + "-" + r.High
	}
	return r.Low
}

// Overlaps reports whether an address belongs to both ranges.
func (r AddressRange) Overlaps(o AddressRange) bool {
	if len(r.Low) > len(o.Low) {
		r, o = o, r
	}
	n := len(r.Low)
	if n < len(o.Low) && !r.Prefix || o.Low[:n] > r.High || r.Low > o.High[:n] {
		return false
	}
	return isDigits(r.Low) == isDigits(o.Low) // last, since it is the dearest
}

func isDigits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
