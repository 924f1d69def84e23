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
