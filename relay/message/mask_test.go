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

// Of senders, only those are hidden that may be subscribers.
func TestMaskSender(t *testing.T) {
	for sender, want := range map[string]string{
		"+447700900101": "+44*********1", "447700900101": "447********1", "123456789": "123*****9", "12345678": "12345678", "BANK": "BANK", "M\xfcllers": "Müllers",
		"Bank of 1234567890": "Bank of 1234567890", "": "",
	} {
		if got := MaskSender(sender); got != want {
			t.Errorf("%q: got %q, want %q", sender, got, want)
		}
	}
}
