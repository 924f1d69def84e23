package account

import (
	"strings"
	"testing"
)

func TestParseRange(t *testing.T) {
	tests := []struct {
		name, text string
		want       AddressRange
		printed    string
	}{
		{"number", "10690001", AddressRange{Low: "10690001", High: "10690001"}, "10690001"},
		{"international", "+447700900100", AddressRange{Low: "447700900100", High: "447700900100"}, "447700900100"},
		{"international with 00", "00447700900100", AddressRange{Low: "447700900100", High: "447700900100"}, "447700900100"},
		{"short code with 00", "00123", AddressRange{Low: "00123", High: "00123"}, "00123"},
		{"prefix", "447700900*", AddressRange{Low: "447700900", High: "447700900", Prefix: true}, "447700900*"},
		{"prefix with +", "+447700900*", AddressRange{Low: "447700900", High: "447700900", Prefix: true}, "447700900*"},
		{"range", "1069000-1069099", AddressRange{Low: "1069000", High: "1069099"}, "1069000-1069099"},
		{"range with +", "+15550100-+15550199", AddressRange{Low: "15550100", High: "15550199"}, "15550100-15550199"},
		{"range of one", "5-5", AddressRange{Low: "5", High: "5"}, "5"},
		{"name", "Bank", AddressRange{Low: "bank", High: "bank"}, "bank"},
		{"name with a dash", "My-Bank", AddressRange{Low: "my-bank", High: "my-bank"}, "my-bank"},
		{"name of digits and a letter", "10-20a", AddressRange{Low: "10-20a", High: "10-20a"}, "10-20a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, p := parseRange(tt.text)
			if p != nil || got != tt.want || got.String() != tt.printed {
				t.Errorf("got %+v (%s), %v; want %+v (%s)", got, got, p, tt.want, tt.printed)
			}
		})
	}
}

func TestOverlaps(t *testing.T) {
	tests := []struct {
		name, a, b string
		want       bool
	}{
		{"same number", "123", "123", true},
		{"longer number", "123", "1234", false},
		{"in the range", "1050", "1000-1099", true},
		{"first of the range", "1000", "1000-1099", true},
		{"last of the range", "1099", "1000-1099", true},
		{"behind the range", "1100", "1000-1099", false},
		{"longer than the range", "10500", "1000-1099", false},
		{"ranges that meet", "1000-1050", "1050-1099", true},
		{"ranges side by side", "1000-1049", "1050-1099", false},
		{"prefix of a number", "447700900*", "447700900123", true},
		{"prefix itself", "447700900*", "447700900", true},
		{"shorter than the prefix", "447700900*", "44770090", false},
		{"prefix of a prefix", "4477*", "447700900*", true},
		{"other prefix", "4478*", "447700900*", false},
		{"prefix within a range", "4477009001*", "447700900-447700901", false},
		{"prefix of part of a range", "10691*", "1069000-1069199", true},
		{"prefix beside a range", "10692*", "1069000-1069199", false},
		{"names", "Bank", "BANK", true},
		{"name that begins so", "Bank", "Banker", false},
		{"name within a range by letter", "106900a", "1069000-1069099", false},
		{"name behind a prefix", "10690a", "1069*", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, p := parseRange(tt.a)
			b, q := parseRange(tt.b)
			if p != nil || q != nil {
				t.Fatalf("parse: %v, %v", p, q)
			}
			if got, back := a.Overlaps(b), b.Overlaps(a); got != tt.want || back != tt.want {
				t.Errorf("got %v, the other way %v; want %v", got, back, tt.want)
			}
		})
	}
}

// FuzzParseRange: what is accepted has its bounds in order, and is read the same
// from its own print.
func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"10690001", "+44770090*", "1069000-1069099", "My-Bank", "0044*", "*", "-", "00-00", "00000000001-00000000002"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, p := parseRange(s)
		if p != nil {
			return
		}
		if r.Low == "" || len(r.Low) != len(r.High) || r.Low > r.High || len(r.Low) > maxAddress {
			t.Errorf("%q: accepted %+v", s, r)
		}
		if (r.Prefix || r.Low != r.High) && !isDigits(r.Low+r.High) {
			t.Errorf("%q: accepted %+v that is no digits", s, r)
		}
		if again, p := parseRange(r.String()); !strings.HasPrefix(r.Low, "00") && (p != nil || again != r) {
			t.Errorf("%q: got %+v, from its print %+v, %v", s, r, again, p)
		}
		if !r.Overlaps(r) {
			t.Errorf("%q: %+v does not meet itself", s, r)
		}
	})
}
