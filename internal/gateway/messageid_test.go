package gateway

import (
	"strings"
	"testing"
)

func TestMessageIDs(t *testing.T) {
	hexToDec, decToHex := MessageIDs{Hex, Decimal}, MessageIDs{Decimal, Hex}
	long := strings.Repeat("F", 64)
	tests := []struct {
		name              string
		ids               MessageIDs
		response, receipt string
		same              bool
	}{
		{"as is", MessageIDs{}, "4A7F01", "4A7F01", true},
		{"as is, another case", MessageIDs{}, "4A7F01", "4a7f01", false},
		{"as is, zeros", MessageIDs{}, "0042", "42", false},
		{"hex to dec", hexToDec, "4A7F01", "4882177", true},
		{"hex to dec, lower case", hexToDec, "4a7f01", "4882177", true},
		{"hex to dec, zeros here", hexToDec, "0000004A7F01", "4882177", true},
		{"hex to dec, zeros there", hexToDec, "4A7F01", "0004882177", true},
		{"hex to dec, another", hexToDec, "4A7F01", "4882178", false},
		{"hex to dec, read as it stands", hexToDec, "10", "10", false},
		{"dec to hex", decToHex, "4882177", "4a7F01", true},
		{"both hex", MessageIDs{Hex, Hex}, "004A7f01", "4a7F01", true},
		{"both dec", MessageIDs{Decimal, Decimal}, "0042", "42", true},
		{"zero", hexToDec, "0000", "0", true},
		{"over 64 bits", hexToDec, "FFFFFFFFFFFFFFFFFFFF", "1208925819614629174706175", true},
		{"longest", MessageIDs{Hex, Hex}, long, strings.ToLower(long), true},
		{"no number", hexToDec, "X-1", "X-1", true},
		{"no number, another case", hexToDec, "X-1", "x-1", false},
		{"a sign is none", hexToDec, "-1", "-1", true},
		{"nor is a plus", hexToDec, "+A", "10", false},
		{"nor an underscore", MessageIDs{Decimal, Decimal}, "1_0", "10", false},
		{"nor a prefix", hexToDec, "0x10", "16", false},
		{"empty", hexToDec, "", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.ids.Same([]byte(tt.receipt), []byte(tt.response)); got != tt.same {
				t.Errorf("%q and %q: got same %t, want %t", tt.response, tt.receipt, got, tt.same)
			}
			if got := tt.ids.response([]byte(tt.response)); len(got) > max(1, len(tt.response)) {
				t.Errorf("%q became longer: %q", tt.response, got)
			}
		})
	}
}

func TestKeyOfMessageID(t *testing.T) {
	for id, want := range map[string]string{"4A7F01": "4a7f01", "0042": "42", "0000": "0", "0": "0", "": ""} {
		if got := string(MessageIDs{}.key([]byte(id))); got != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
}
