package ops

import (
	"net"
	"net/http"
	"testing"

	"readback/internal/admission"
)

// placed are connections with a place at a gate.
type placed struct {
	net.Listener
	gate *admission.Gate
}

func (l placed) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return placedConn{conn, l.gate.Enter(conn.RemoteAddr(), func() { _ = conn.Close() })}, nil
}

type placedConn struct {
	net.Conn
	place *admission.Place
}

func (c placedConn) Place() *admission.Place { return c.place }

// A connection counts as a stranger's until somebody who may has asked for something that needs a role.
func TestConnectionsOfOperators(t *testing.T) {
	for _, tt := range []struct {
		name, token, path string
		people            []Person
		known             bool
	}{
		{"an operator", "viewer", "/v1/status", people(), true},
		{"another role", "viewer", "/debug/pprof/", people(), false},
		{"a guessed token", "guessed", "/v1/status", people(), false},
		{"the health", "", "/healthz", people(), false},
		{"the form for a token", "", LoginPath, people(), false},
		{"without operators", "", "/v1/status", nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			full := false // a connection was refused, or gave way
			gate := admission.NewGate(admission.Limits{PendingPerSource: 1}, func(string, net.Addr) { full = true })
			s := serve(t, Access{Operators: tt.people}, func(ln net.Listener) net.Listener { return placed{ln, gate} })
			var tr http.Transport
			defer tr.CloseIdleConnections()
			s.ask(t, &http.Client{Transport: &tr}, http.MethodGet, "http://"+s.addr+tt.path, func(r *http.Request) {
				r.Header.Set("Authorization", "Bearer "+tt.token)
			})
			gate.Enter(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, func() {})
			if full == tt.known {
				t.Errorf("got a stranger's connection: %v, want a known one: %v", full, tt.known)
			}
		})
	}
}
