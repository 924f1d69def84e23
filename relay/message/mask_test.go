package message

import "testing"

func TestMask(t *testing.T) {
	tests := []struct{ number, want string }{
		{"8613800138000", "861*********0"},
		{"12345", "123*5"},
		{"861*********0", "861*********0"}, // masked already
		{"1234", "****"},
		{"", ""},
		{"M\xfcllers", "Mül***s"},
		{"Müllers", "Mül***s"},
	}
	for _, tt := range tests {
		if got := Mask(tt.number); got != tt.want {
			t.Errorf("mask of %q: got %q, want %q", tt.number, got, tt.want)
		}
	}
}
