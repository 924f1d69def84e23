package index

import (
	"testing"
)

// upper returns the first key behind all keys with a prefix, if there is one.
func TestUpper(t *testing.T) {
	for _, tt := range []struct{ prefix, want string }{
		{"a", "b"}, {"ab", "ac"}, {"a\xff", "b"}, {"a\xff\xff", "b"}, {"\xff", ""}, {"a\x00", "a\x01"},
	} {
		prefix := []byte(tt.prefix)
		if got := upper(prefix); string(got) != tt.want || string(prefix) != tt.prefix {
			t.Errorf("%q: got %q, want %q", tt.prefix, got, tt.want)
		}
	}
}
