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
