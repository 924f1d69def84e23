package ops

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestSource asks as a web page could that has its name resolve to the listener, and as one of another origin.
func TestSource(t *testing.T) {
	s := serve(t, Access{Hosts: []string{"gw1.example", "192.0.2.7"}}, nil)
	_, port, _ := net.SplitHostPort(s.addr)
	const refused = http.StatusForbidden
	tests := []struct {
		name, host string
		header     [2]string
		want       int
	}{
		{"the listener's address", s.addr, [2]string{}, 200},
		{"localhost", "localhost:" + port, [2]string{}, 200},
		{"localhost of a tunnel", "LOCALHOST.:1234", [2]string{}, 200},
		{"IPv6", "[::1]:" + port, [2]string{}, 200},
		{"a listed name", "GW1.example:" + port, [2]string{}, 200},
		{"a listed address", "192.0.2.7", [2]string{}, 200},
		{"a name that resolves here", "evil.example:" + port, [2]string{}, refused},
		{"a name below localhost's", "localhost.evil.example", [2]string{}, refused},
		{"a name with an address in it", "127.0.0.1.evil.example", [2]string{}, refused},
		{"another address", "192.0.2.8:" + port, [2]string{}, refused},
		{"all addresses", "0.0.0.0:" + port, [2]string{}, refused},
		{"own origin", "localhost:" + port, [2]string{"Origin", "http://localhost:" + port}, 200},
		{"another origin", s.addr, [2]string{"Origin", "https://elsewhere.example"}, refused},
		{"another port of this machine", "localhost:" + port, [2]string{"Origin", "http://localhost:3000"}, refused},
		{"no origin that can be named", s.addr, [2]string{"Origin", "null"}, refused},
		{"cross-site", s.addr, [2]string{"Sec-Fetch-Site", "cross-site"}, refused},
		{"same site", s.addr, [2]string{"Sec-Fetch-Site", "same-site"}, refused},
		{"typed in", s.addr, [2]string{"Sec-Fetch-Site", "none"}, 200},
	}
	for _, tt := range tests {
		for _, page := range []string{"GET /v1/dead", "POST /v1/dead/replay", "POST /-/reload", "GET /debug/pprof/", "GET /metrics", "GET /healthz"} {
			method, path, _ := strings.Cut(page, " ")
			got := s.ask(t, http.DefaultClient, method, "http://"+s.addr+path, func(r *http.Request) {
				r.Host = tt.host
				if tt.header[0] != "" {
					r.Header.Set(tt.header[0], tt.header[1])
				}
			})
			if got != tt.want {
				t.Errorf("%s, %s: got %d, want %d", tt.name, page, got, tt.want)
			}
		}
	}
}

// A load balancer may look at the health in HTTP/1.0 without Host, and ask for nothing else.
func TestSourceWithoutHost(t *testing.T) {
	s := serve(t, Access{}, nil)
	for path, want := range map[string]string{"/readyz": "HTTP/1.0 200 OK", "/v1/dead": "HTTP/1.0 403 Forbidden"} {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.0\r\n\r\n", path)
		text := make([]byte, len(want))
		if _, err := io.ReadFull(conn, text); err != nil || string(text) != want {
			t.Errorf("%s: got %q, %v, want %q", path, text, err, want)
		}
		_ = conn.Close()
	}
}
