package simulator

import (
	"strings"
	"testing"
)

func TestMORefusesAddresses(t *testing.T) {
	for _, tt := range []struct{ from, to, want string }{
		{receiver, sender, ""},
		{"+" + strings.Repeat("1", 20), "00" + strings.Repeat("1", 20), ""},
		{strings.Repeat("1", 21), sender, "from: 21 octets"},
		{receiver, "1\x00", "to: "},
		{"\x1b", sender, "from: "},
		{"+", sender, "from: an address is missing"},
		{receiver, "", "to: an address is missing"},
	} {
		_, err := MO{From: tt.from, To: tt.to, Text: "Hi"}.Frames(1)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("from %q to %q: %v, want %q", tt.from, tt.to, err, tt.want)
		}
	}
}
