package account

import (
	"fmt"
	"strings"
	"unicode"

	"readback/internal/setting"
	"readback/relay/message"
)

// AddressRange is the addresses that one entry of accounts.*.addresses stands for,
// normalised as conversations are: without the + or 00 of an international
// number, names in lower case.
//
// Low and High are of one length. If they are digits, the range is every number
// of that length from Low to High; with Prefix, Low equals High and every longer
// number that begins so belongs to it too. If they are not, they are equal, and
// the range is that one name.
type AddressRange struct {
	Low, High string
	Prefix    bool
}

const (
	// maxAddress is 21 octets with the NUL (SMPP 3.4 §5.2.8).
	maxAddress = 20
	// minInternational is the least length at which a leading 00 is taken for the
	// international prefix: no short code is as long.
	minInternational = 10
)

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

// UnmarshalText reads a prefix, a range, a number or a name.
func (r *AddressRange) UnmarshalText(text []byte) (err error) {
	one, p := parseRange(string(text))
	if p != nil {
		return p
	}
	*r = one
	return nil
}

// Has reports whether the range holds the normalised address.
func (r AddressRange) Has(addr string) bool {
	if r.Prefix && len(addr) > len(r.Low) {
		addr = addr[:len(r.Low)]
	}
	return len(addr) == len(r.Low) && r.Low <= addr && addr <= r.High
}

// Owns reports whether one of the ranges holds an address as a PDU has it, in whatever notation. They are
// compared as the ledger compares them. An address that is empty, or too long for the ledger, is in none.
func Owns(ranges []AddressRange, addr []byte) bool {
	normal, err := message.NormalAddr(addr)
	if err != nil {
		return false
	}
	for _, r := range ranges {
		if r.Has(string(normal.Bytes())) {
			return true
		}
	}
	return false
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
	return isDigits(r.Low) == isDigits(o.Low) // last, since it is the most expensive
}

// parseRange reads a prefix such as 447700900*, a range such as 1069000-1069099,
// a number or a name.
func parseRange(s string) (AddressRange, *setting.Problem) {
	if digits, ok := strings.CutSuffix(s, "*"); ok {
		return parseAddressPrefix(strings.TrimPrefix(digits, "+"))
	}
	low, high, isRange := strings.Cut(s, "-")
	if !isRange || !isNumber(low) || !isNumber(high) {
		low, high = s, s
	}
	low, high = normal(low), normal(high)
	switch p := checkAddress(low); {
	case p != nil:
		return AddressRange{}, p
	case len(low) != len(high):
		return AddressRange{}, setting.Wrong("first and last differ in length", "1069000-1069099; or a prefix such as 10690*")
	case low > high:
		return AddressRange{}, setting.Wrong("the last comes before the first", "1069000-1069099")
	}
	return AddressRange{Low: low, High: high}, nil
}

func parseAddressPrefix(digits string) (AddressRange, *setting.Problem) {
	switch {
	case !isDigits(digits):
		return AddressRange{}, setting.Wrong("a prefix of something else than digits", "such as 447700900*")
	case strings.HasPrefix(digits, "00"):
		return AddressRange{}, setting.Wrong("a prefix with the 00 of international numbers, which they are compared without", "such as 447700900*")
	case len(digits) > maxAddress:
		return AddressRange{}, setting.Wrong(fmt.Sprintf("a prefix of %d digits", len(digits)), fmt.Sprintf("at most %d", maxAddress))
	}
	return AddressRange{Low: digits, High: digits, Prefix: true}, nil
}

// checkAddress refuses what is neither a number nor a name of characters that an address can
// have.
func checkAddress(s string) *setting.Problem {
	switch {
	case len(s) > maxAddress:
		return setting.Wrong(fmt.Sprintf("an address of %d octets", len(s)), fmt.Sprintf("at most %d", maxAddress))
	case isDigits(s):
		return nil
	case !strings.ContainsFunc(s, unicode.IsLetter) || strings.ContainsFunc(s, notInName):
		return setting.Wrong("not an address", "digits, 447700900*, 1069000-1069099, or a name such as Bank")
	}
	return nil
}

func notInName(r rune) bool { return r < ' ' || r > '~' || r == '*' }

// normal returns the form in which addresses are compared.
func normal(s string) string {
	digits, plus := strings.CutPrefix(s, "+")
	switch {
	case plus && isDigits(digits):
		return digits
	case isDigits(s) && len(s) >= minInternational && strings.HasPrefix(s, "00"):
		return s[2:]
	}
	return strings.ToLower(s)
}

func isNumber(s string) bool { return isDigits(strings.TrimPrefix(s, "+")) }

func isDigits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
