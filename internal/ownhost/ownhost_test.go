package ownhost

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestIs(t *testing.T) {
	names := []string{"gw1.example", "2001:db8::7", ""}
	for host, want := range map[string]bool{
		"localhost": true, "localhost:9090": true, "LOCALHOST.": true, "127.0.0.1:9090": true, "127.9.8.7": true, "[::1]:9090": true, "::1": true,
		"[::ffff:127.0.0.1]:9090": true, "gw1.example:9090": true, "GW1.example.": true, "[2001:db8::7]:9090": true,
		"192.0.2.5:9090": true, // the address at which it came in
		"":               false, ":9090": false, ".": false, "0.0.0.0:9090": false, "192.0.2.6:9090": false, "[::]:9090": false, "evil.example": false,
		"gw1.example.evil.example": false, "evil-gw1.example": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false, "2130706433": false,
	} {
		local := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 5), Port: 9090}
		r := httptest.NewRequest("GET", "/", nil).WithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, local))
		r.Host = host
		if got := Is(r, names); got != want {
			t.Errorf("%q: got %v, want %v", host, got, want)
		}
	}
}
