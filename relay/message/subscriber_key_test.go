package message

import "testing"

func TestSubscriberHash(t *testing.T) {
	key := SubscriberKey("0123456789abcdef")
	for _, tt := range []struct {
		name, number string
		key          SubscriberKey
		want         string
	}{
		// printf %s 447700900101 | openssl dgst -sha256 -hmac 0123456789abcdef
		{"plain", "447700900101", key, "841d67d0267d05b2"},
		{"with a plus", "+447700900101", key, "841d67d0267d05b2"},
		{"with the international prefix", "00447700900101", key, "841d67d0267d05b2"},
		{"another number", "447700900102", key, "40eb3443bac7768e"},
		{"another key", "447700900101", SubscriberKey("0123456789abcdeF"), "79242d2a4602adcb"},
		{"no key", "447700900101", nil, ""},
		{"no number", "", key, ""},
		{"too long", "447700900101447700900101", key, ""},
	} {
		if got := tt.key.Hash(tt.number); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
