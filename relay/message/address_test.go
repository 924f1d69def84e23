package message

import (
	"strings"
	"testing"
)

func TestNormalAddr(t *testing.T) {
	tests := []struct{ in, want string }{
		{"+8613800138000", "8613800138000"},
		{"008613800138000", "8613800138000"},
		{"8613800138000", "8613800138000"},
		{"MyBank", "mybank"},
		{"0012", "0012"},
		{"+bank", "+bank"},
		{"10690001", "10690001"},
	}
	for _, tt := range tests {
		if got, err := NormalAddr(tt.in); err != nil || got.String() != tt.want {
			t.Errorf("%q: got %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
	for _, in := range []string{"", strings.Repeat("1", 21)} {
		if _, err := NormalAddr(in); err == nil {
			t.Errorf("%q: got no error", in)
		}
	}
}

func TestWritten(t *testing.T) {
	for _, tt := range []struct {
		ton        byte
		addr, want string
	}{{1, "447700900123", "+447700900123"}, {0, "447700900123", "447700900123"}, {1, "Bank", "Bank"}, {5, "Bank", "Bank"}, {1, "", ""}, {5, "caf\xe9", "café"}} {
		if got := WriteAddress(tt.ton, []byte(tt.addr)); got != tt.want {
			t.Errorf("%d %q: got %q, want %q", tt.ton, tt.addr, got, tt.want)
		}
	}
	to, err := NormalAddr("447700900123")
	if a := (Address{TON: 1, Addr: to}); err != nil || a.Written() != "+447700900123" {
		t.Errorf("got %q, %v", a.Written(), err)
	}
}
