package simulator

import (
	"fmt"
	"strings"
)

// maxAddr and maxMessageID are the octets of these fields without their NUL (SMPP 3.4 §5.2.8, §5.3.2.12).
const (
	maxAddr      = 20
	maxMessageID = 64
)

// checkNumbers refuses addresses that no PDU can carry. whose says what from and to are.
func checkNumbers(from, to, whose string) error {
	for _, one := range []struct{ field, addr string }{{"from", Digits(from)}, {"to", Digits(to)}} {
		switch {
		case one.addr == "":
			return fmt.Errorf("%s: an address is missing (hint: %s)", one.field, whose)
		case len(one.addr) > maxAddr:
			return fmt.Errorf("%s: %d octets (hint: an address has at most %d, without + or 00)", one.field, len(one.addr), maxAddr)
		case hasControl(one.addr):
			return fmt.Errorf("%s: %q has control characters (hint: %s)", one.field, one.addr, whose)
		}
	}
	return nil
}

// hasControl reports whether s has control characters of ASCII, such as the NUL that would end its field.
func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7F })
}

// IsReceiptError reports whether s can be err in the text of a receipt (SMPP 3.4 Appendix B).
func IsReceiptError(s string) bool {
	return len(s) == 3 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
