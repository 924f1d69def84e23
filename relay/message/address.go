package message

import "errors"

// MaxAddr is the length of the longest address in octets (SMPP 3.4 §5.2.8, §5.2.9: 21 with
// the NUL).
const MaxAddr = 20

// ErrAddress says that an address is empty or longer than MaxAddr.
var ErrAddress = errors.New("address is empty or over 20 octets")

// Addr is the text of an address. It is a value, so that it can be a map key and needs no
// allocation.
type Addr struct {
	n uint8
	b [MaxAddr]byte
}

// NewAddr returns the address s unchanged.
func NewAddr[T string | []byte](s T) (Addr, error) {
	var a Addr
	if len(s) == 0 || len(s) > MaxAddr {
		return a, ErrAddress
	}
	a.n = uint8(copy(a.b[:], s))
	return a, nil
}

// NormalAddr returns s in the form that identifies a conversation. It drops `+` and `00` in
// front of an international number and changes an alphanumeric address to lower case. A short
// code stays as it is. The type of number does not count, since a read response has none.
func NormalAddr[T string | []byte](s T) (a Addr, err error) {
	if len(s) == 0 || len(s) > MaxAddr {
		return a, ErrAddress
	}
	isNumber := true // behind the first octet
	for i := 1; i < len(s); i++ {
		isNumber = isNumber && isDigit(s[i])
	}
	switch {
	case isNumber && s[0] == '+' && len(s) > 1:
		s = s[1:]
	case isNumber && s[0] == '0' && len(s) >= minInternational && s[1] == '0':
		s = s[2:]
	case !isNumber || !isDigit(s[0]):
		for i := range len(s) {
			a.b[i] = lower(s[i])
		}
		a.n = uint8(len(s))
		return a, nil
	}
	a.n = uint8(copy(a.b[:], s))
	return a, nil
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// minInternational is the least length at which a leading 00 is taken for the
// international prefix: no short code is as long, no international number shorter.
const minInternational = 10

// AllDigits reports whether b has no other octets than digits.
func AllDigits(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// Bytes returns the text. It is part of a, and valid as long as a does not change.
func (a *Addr) Bytes() []byte { return a.b[:a.n] }

func (a Addr) String() string { return string(a.b[:a.n]) }

// IsZero reports whether a holds no address.
func (a Addr) IsZero() bool { return a.n == 0 }

// Address is an address as it was submitted.
type Address struct {
	TON, NPI byte
	Addr     Addr
}

// tonInternational is the type of number of a number with its country code (SMPP 3.4 §5.2.5).
const tonInternational = 1

// Written returns the address as an operator reads it: with a + in front of an international number.
func (a *Address) Written() string { return WriteAddress(a.TON, a.Addr.Bytes()) }

// WriteAddress is Address.Written of an address that may be longer than an Addr.
func WriteAddress(ton byte, addr []byte) string {
	if ton == tonInternational && AllDigits(addr) && len(addr) > 0 {
		return "+" + string(addr)
	}
	return Shown(string(addr))
}
