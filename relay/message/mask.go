package message

import "strings"

// Mask hides the middle of a subscriber's number: its first three characters and
// its last one stay. What is too short to hide anything is hidden whole.
func Mask(number string) string {
	if len(number) <= 4 {
		return strings.Repeat("*", len(number))
	}
	return number[:3] + strings.Repeat("*", len(number)-4) + number[len(number)-1:]
}
