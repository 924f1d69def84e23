package message

import "strings"

// Mask hides the middle of a subscriber's number. Its first three characters and its last one
// stay. A number that is too short for that is hidden as a whole.
func Mask(number string) string {
	text := []rune(Shown(number))
	n := len(text)
	if n <= 4 {
		return strings.Repeat("*", n)
	}
	return string(text[:3]) + strings.Repeat("*", n-4) + string(text[n-1])
}

// longestShortCode is how many digits an address may have that is no subscriber's.
const longestShortCode = 8

// IsSubscriber reports whether the address of a sender may be that of a subscriber. Short codes and names are not.
func IsSubscriber(addr string) bool {
	digits := strings.TrimPrefix(addr, "+")
	return len(digits) > longestShortCode && AllDigits([]byte(digits))
}

// MaskSender hides the middle of a sender that may be a subscriber, as Mask does.
func MaskSender(addr string) string {
	if IsSubscriber(addr) {
		return Mask(addr)
	}
	return Shown(addr)
}
