package message

import (
	"strings"
	"testing"
)

// TestParsePhoneNumber has the ways to write one number.
func TestParsePhoneNumber(t *testing.T) {
	for _, in := range []string{
		"447700900101", "+447700900101", "00447700900101",
		"+44 7700 900101", " +44 7700 900101\n", "00 44 7700 900101", "44 7700 900101", "+44\u00A07700\u202F900101", "+44\t7700 900101",
		"+44-7700-900101", "44-7700-900101", "+44\u20117700\u2013900101", "+44\u22127700\u2212900101",
		"+44.7700.900101", "(+44) 7700 900101", "+44 (7700) 900-101", "+44 (0)7700 900101", "0044 (0) 7700 900101", "+44(0)7700900101",
		"\u202A+44 7700 900101\u202C", "\u200E+447700900101", "+44\u200B7700900101", "\uFEFF447700900101",
		"\uFF0B\uFF14\uFF14\uFF17\uFF17\uFF10\uFF10\uFF19\uFF10\uFF10\uFF11\uFF10\uFF11", "+44 ٧٧٠٠ ٩٠٠١٠١", "۴۴۷۷۰۰۹۰۰۱۰۱",
		"tel:+447700900101", "TEL:+44-7700-900101", "tel:+44.(7700).900-101", "tel:+447700900101;ext=12", "tel:+44-7700-900101;isub=1;x=y",
		"tel:%2B447700900101", "tel:7700900101;phone-context=+44", "tel:7700-900101;ext=1;Phone-Context=+44", "tel:447700900101;phone-context=example.com",
	} {
		if got, err := ParsePhoneNumber(in); err != nil || got.String() != "447700900101" {
			t.Errorf("%q: got %q, %v, want 447700900101", in, got, err)
		}
	}
	for in, want := range map[string]string{
		"10690001": "10690001", "1": "1", "0012": "0012", "12-34": "1234", "tel:10690001": "10690001",
		"(0)20 7946 0101": "02079460101", "020 (0) 1": "02001", strings.Repeat("1", 20): strings.Repeat("1", 20),
	} {
		if got, err := ParsePhoneNumber(in); err != nil || got.String() != want {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", " ", "+", "-", "tel:", "tel:+", "()", "alice", "MyBank", "44770090010x", "+44 7700 900101 ext 1", "*100#", "447700900101,1",
		"++447700900101", "447700+900101", "4477/00900101", "447700900101;ext=1", "sip:+447700900101@example.com", "mailto:447700900101",
		"tel:+447700900101@example.com", "\xFF447700900101", "４４a", "½447700900101", strings.Repeat("1", 21), "+" + strings.Repeat("1", 20),
		"447700900101\x00", "null",
	} {
		if got, err := ParsePhoneNumber(in); err == nil {
			t.Errorf("%q: got %q, want an error", in, got)
		}
	}
}

// FuzzPhoneNumber expects that a number which is read is read again as the same.
func FuzzPhoneNumber(f *testing.F) {
	for _, in := range []string{"+44 (0)7700 900101", "tel:7700900101;phone-context=+44", "0012", "+0012345678", "24-7"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		plain, err := PlainNumber(in)
		if err != nil {
			return
		}
		if again, err := PlainNumber(plain); err != nil || again != plain || len(plain) > MaxAddr {
			t.Errorf("%q: got %q, and of that %q, %v", in, plain, again, err)
		}
		if a, err := ParsePhoneNumber(in); err != nil || !AllDigits(a.Bytes()) {
			t.Errorf("%q: got %q, %v, want digits", in, a, err)
		}
	})
}

func TestParseSender(t *testing.T) {
	for _, tt := range []struct{ in, asWritten, number string }{
		{"10690001", "10690001", ""},
		{"+12025550123", "12025550123", ""},
		{"MyBank", "mybank", ""},
		{"Bank 24", "bank 24", ""},
		{"24-7", "24-7", "247"},
		{"+1 (202) 555-0123", "+1 (202) 555-0123", "12025550123"},
		{"tel:+1-202-555-0123;ext=1", "12025550123", ""}, // too long to be an address
		{"1-800-FLOWERS", "1-800-flowers", ""},
	} {
		a, n, err := ParseSender(tt.in)
		if err != nil || a.String() != tt.asWritten || n.String() != tt.number {
			t.Errorf("%q: got %q, %q, %v, want %q, %q", tt.in, a, n, err, tt.asWritten, tt.number)
		}
	}
	for _, in := range []string{"", strings.Repeat("a", 21), strings.Repeat("1", 21)} {
		if a, n, err := ParseSender(in); err == nil {
			t.Errorf("%q: got %q, %q, want an error", in, a, n)
		}
	}
}
