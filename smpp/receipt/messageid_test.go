package receipt

import (
	"bytes"
	"strings"
	"testing"
)

func TestIDs(t *testing.T) {
	hexToDec, decToHex := IDs{Hex, Decimal}, IDs{Decimal, Hex}
	long := strings.Repeat("F", 64)
	tests := []struct {
		name              string
		ids               IDs
		response, receipt string
		same              bool
	}{
		{"as is", IDs{}, "4A7F01", "4A7F01", true},
		{"as is, another case", IDs{}, "4A7F01", "4a7f01", true},
		{"as is, zeros", IDs{}, "0042", "42", true},
		{"as is, zeros and case", IDs{}, "004a7F01", "4A7f01", true},
		{"as is, zeros at the end", IDs{}, "420", "42", false},
		{"as is, nothing but zeros", IDs{}, "000", "0", true},
		{"as is, zero is not nothing", IDs{}, "0", "", false},
		{"as is, another base", IDs{}, "4A7F01", "4882177", false},
		{"as is, no letters", IDs{}, "a@\xC1", "A`\xE1", false},
		{"hex to dec", hexToDec, "4A7F01", "4882177", true},
		{"hex to dec, lower case", hexToDec, "4a7f01", "4882177", true},
		{"hex to dec, zeros here", hexToDec, "0000004A7F01", "4882177", true},
		{"hex to dec, zeros there", hexToDec, "4A7F01", "0004882177", true},
		{"hex to dec, another", hexToDec, "4A7F01", "4882178", false},
		{"hex to dec, read as it stands", hexToDec, "10", "10", false},
		{"dec to hex", decToHex, "4882177", "4a7F01", true},
		{"both hex", IDs{Hex, Hex}, "004A7f01", "4a7F01", true},
		{"both dec", IDs{Decimal, Decimal}, "0042", "42", true},
		{"zero", hexToDec, "0000", "0", true},
		{"over 64 bits", hexToDec, "FFFFFFFFFFFFFFFFFFFF", "1208925819614629174706175", true},
		{"longest", IDs{Hex, Hex}, long, strings.ToLower(long), true},
		{"no number", hexToDec, "X-1", "X-1", true},
		{"no number, another case", hexToDec, "X-1", "x-1", true},
		{"a sign is none", hexToDec, "-1", "-1", true},
		{"nor is a plus", hexToDec, "+A", "10", false},
		{"nor an underscore", IDs{Decimal, Decimal}, "1_0", "10", false},
		{"nor a prefix", hexToDec, "0x10", "16", false},
		{"empty", hexToDec, "", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			response, receipt := []byte(tt.response), []byte(tt.receipt)
			if got := tt.ids.Same(receipt, response); got != tt.same {
				t.Errorf("%q and %q: got same %t, want %t", tt.response, tt.receipt, got, tt.same)
			}
			a, b := Key(tt.ids.OfResponse(response)), Key(tt.ids.OfReceipt(receipt))
			if got := bytes.Equal(a, b); got != tt.same {
				t.Errorf("%q and %q: got keys %q and %q, want them the same: %t", tt.response, tt.receipt, a, b, tt.same)
			}
			if got := tt.ids.OfResponse(response); len(got) > max(1, len(tt.response)) {
				t.Errorf("%q became longer: %q", tt.response, got)
			}
			if string(response) != tt.response || string(receipt) != tt.receipt {
				t.Errorf("they became %q and %q", response, receipt)
			}
		})
	}
}

func TestSameID(t *testing.T) {
	if !SameID([]byte("004a7f01"), []byte("4A7F01")) || SameID([]byte("4882177"), []byte("4A7F01")) {
		t.Error("got another result than for ids as they are")
	}
	a, b := []byte("004a7f01"), []byte("4A7F01")
	if n := testing.AllocsPerRun(100, func() { SameID(a, b) }); n > 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

func TestKey(t *testing.T) {
	for id, want := range map[string]string{"4A7F01": "4a7f01", "0042": "42", "0000": "0", "0": "0", "": ""} {
		if got := string(Key([]byte(id))); got != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
}
