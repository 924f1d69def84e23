package message

import "strings"

// Mask hides the middle of a subscriber's number. Its first three characters and its last one
// stay. A number that is too short for that is hidden as a whole.
func Mask(number string) string {
	if len(number) <= 4 {
		return strings.Repeat("*", len(number))
	}
	return number[:3] + strings.Repeat("*", len(number)-4) + number[len(number)-1:]
}
