package message

import (
	"errors"
	"net/url"
	"strings"
	"unicode"
)

// ErrPhoneNumber says that a text is not a phone number.
var ErrPhoneNumber = errors.New("is not a phone number of up to 20 digits")

// ParsePhoneNumber returns the address of the number that a person or an app has written, in the form
// of NormalAddr: see PlainNumber.
func ParsePhoneNumber(s string) (Addr, error) {
	plain, err := PlainNumber(s)
	if err != nil {
		return Addr{}, err
	}
	return NormalAddr(plain)
}

// PlainNumber returns the digits of the number that a person or an app has written, behind a `+` if
// there is one. It drops what only a reader needs: blanks, hyphens, periods, parentheses, characters
// that cannot be seen, the scheme and the parameters of a tel URI (RFC 3966), and the national prefix
// in `+44 (0)7700 900101`. Digits may be of other scripts. Addresses of a PDU are never read so.
func PlainNumber(s string) (string, error) {
	s, context := cutTel(s)
	if at := strings.Index(s, "(0)"); at > 0 && isInternational(s[:at]) {
		s = s[:at] + s[at+len("(0)"):]
	}
	plain, ok := digitsOf(s)
	if ok && context != "" && !strings.HasPrefix(plain, "+") {
		plain, ok = digitsOf(context + plain)
	}
	digits := strings.TrimPrefix(plain, "+")
	if !ok || digits == "" || len(plain) > MaxAddr {
		return "", ErrPhoneNumber
	}
	return plain, nil
}

// ParseSender returns the address that a person or an app has written for a sender: as it is, in the
// form of NormalAddr, and as a phone number, which is zero if s is not one or if both are the same. A
// sender such as `24-7` is a name, or a number with a hyphen.
func ParseSender(s string) (asWritten, number Addr, err error) {
	asWritten, err = NormalAddr(s)
	number, e := ParsePhoneNumber(s)
	switch {
	case e != nil || number == asWritten:
		return asWritten, Addr{}, err
	case err != nil:
		return number, Addr{}, nil
	}
	return asWritten, number, nil
}

// cutTel returns the number of a tel URI, and the prefix that its phone-context names (RFC 3966 §5.1.4)
// or "". Any other text stays as it is.
func cutTel(s string) (number, context string) {
	const scheme = "tel:"
	s = strings.TrimSpace(s)
	if len(s) < len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) {
		return s, ""
	}
	number, parameters, _ := strings.Cut(s[len(scheme):], ";")
	if plain, err := url.PathUnescape(number); err == nil {
		number = plain
	}
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(name, "phone-context") && strings.HasPrefix(value, "+") {
			context = value
		}
	}
	return number, context
}

// isInternational reports whether a number begins with `+` or `00`.
func isInternational(s string) bool {
	plain, ok := digitsOf(s)
	return ok && (strings.HasPrefix(plain, "+") || strings.HasPrefix(plain, "00"))
}

// digitsOf returns the digits of s as those of ASCII, behind a `+` if s begins with one. It is false if s
// has other characters than digits and separators.
func digitsOf(s string) (string, bool) {
	plain := make([]byte, 0, MaxAddr+1)
	for _, r := range s {
		c, digit := digitOf(r)
		switch {
		case digit, (r == '+' || r == '\uFF0B') && len(plain) == 0:
			if plain = append(plain, c); len(plain) > MaxAddr {
				return "", false
			}
		case !isSeparator(r):
			return "", false
		}
	}
	return string(plain), true
}

// zeros are the digits 0 of the scripts in which numbers are written: ASCII, Arabic, Persian and Urdu,
// Devanagari, and the wide forms of East Asia.
var zeros = []rune{'0', 0x0660, 0x06F0, 0x0966, 0xFF10}

// digitOf returns the ASCII digit of a digit, and `+` for any other character.
func digitOf(r rune) (c byte, ok bool) {
	for _, zero := range zeros {
		if zero <= r && r <= zero+9 {
			return '0' + byte(r-zero), true
		}
	}
	return '+', false
}

// isSeparator reports whether a character in a number is for its reader only. Address books add
// characters that cannot be seen, such as marks of the direction of writing.
func isSeparator(r rune) bool {
	const others = ".()\u2212\uFF08\uFF09\uFF0E" // with the minus sign, and the wide forms
	return unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Cf) || strings.ContainsRune(others, r)
}
