//go:build e2e

package acceptance

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// connect connects from an address of the loopback; the connection is closed with
// the test.
func connect(t *testing.T, addr, from string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := d.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the gateway may have been first
	return conn
}

// expectClosed waits until the gateway has closed the connection, without a word.
func expectClosed(t *testing.T, conn net.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second)) // a closed one fails below
	if n, err := io.Copy(io.Discard, conn); n != 0 || err != nil && !smpp.Gone(err) {
		t.Errorf("got %d octets and %v, want the connection closed", n, err)
	}
}

// TestWrongPassword refuses credentials, in shared mode by the gateway itself.
func TestWrongPassword(t *testing.T) {
	t.Parallel() // the refusals take their time
	ctx := within(t)
	tests := []struct {
		name, account, password string
		mode                    string
		want                    pdu.Status
		words                   []string
	}{
		{"wrong password", "bank", "wrong", "shared", smpp.StatusBindFailed, []string{"bind refused", "bank", "wrong password"}},
		{"unknown", "nobody", password, "shared", smpp.StatusBindFailed, []string{"bind refused", "nobody", "no such account"}},
		{"right", "bank", password, "shared", smpp.StatusOK, []string{"bound", "bank"}},
		{"wrong password", "bank", "wrong", "mirror", 0x0E, []string{"bind refused by the SMSC", "bank", "ESME_RINVPASWD"}},
		{"unknown", "nobody", password, "mirror", 0x0F, []string{"bind refused by the SMSC", "nobody", "ESME_RINVSYSID"}},
		{"right", "bank", password, "mirror", smpp.StatusOK, []string{"bound", "bank"}},
	}
	c := startSMSC(t, listen(t, ""), simulator.Options{
		Accounts: map[string]string{accounts[0]: password, gatewayID: password},
	})
	gateways := map[string]*gateway{}
	for mode, s := range modes(t) {
		gateways[mode] = startGateway(ctx, t, free(t).with(s).with(settings{"smsc.addr": c.addr}).write(t))
	}
	for _, tt := range tests {
		t.Run(tt.mode+" "+tt.name, func(t *testing.T) {
			g := gateways[tt.mode]
			start := time.Now()
			got := tryBind(t, connect(t, g.addr, "127.0.0.1"), tt.account, tt.password)
			if got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if took := time.Since(start); tt.mode == "shared" && tt.want != smpp.StatusOK && took < time.Second {
				t.Errorf("refused after %v, want a second at least", took)
			}
			g.expectLine(ctx, tt.words...)
		})
	}
}

// TestTooMany binds once more than each limit allows.
func TestTooMany(t *testing.T) {
	tests := []struct {
		name    string
		limit   settings
		words   []string
		closed  bool // at once, else the bind is refused
		unbound bool // they do not bind
		first   bool // the first one is closed, not the last
	}{
		{name: "account", limit: settings{"accounts.bank.max_sessions": 2}, words: []string{"bind refused", "max_sessions of the account"}},
		{name: "all", limit: settings{"listen.max_sessions": 2}, words: []string{"connection refused", "max_sessions"}, closed: true},
		{name: "address", limit: settings{"listen.max_per_address": 2}, words: []string{"connection refused", "per_address"}, closed: true},
		{name: "unbound", limit: settings{"listen.max_unbound": 2}, words: []string{"connection refused", "gave_way"}, closed: true, unbound: true, first: true},
		{name: "unbound address", limit: settings{"listen.max_unbound_per_address": 2}, words: []string{"connection refused", "per_address"}, closed: true, unbound: true},
	}
	ctx := within(t)
	for _, tt := range tests {
		for mode, s := range modes(t) {
			t.Run(mode+" "+tt.name, func(t *testing.T) {
				c := startSMSC(t, listen(t, ""), simulator.Options{})
				g := startGateway(ctx, t, free(t).with(s).with(tt.limit).with(settings{"smsc.addr": c.addr}).write(t))
				const limit = 2
				var all []net.Conn
				for range limit {
					conn := connect(t, g.addr, "127.0.0.1")
					if all = append(all, conn); !tt.unbound {
						bindOver(t, conn)
					}
				}
				conn := connect(t, g.addr, "127.0.0.1")
				if tt.first {
					conn = all[0]
				}
				if tt.closed {
					expectClosed(t, conn)
				} else if got := tryBind(t, conn, accounts[0], password); got != smpp.StatusAlreadyBound {
					t.Errorf("got %v, want ESME_RALYBND", got)
				}
				g.expectLine(ctx, tt.words...)
			})
		}
	}
}

// TestAllowed lets in by the ESME's address: its own, or the one that a listed load
// balancer tells.
func TestAllowed(t *testing.T) {
	ctx := within(t)
	const balancer, esme = "127.0.0.2", "192.0.2.7"
	c := startSMSC(t, listen(t, ""), simulator.Options{})
	for mode, s := range modes(t) {
		g := startGateway(ctx, t, free(t).with(s).with(settings{
			"smsc.addr": c.addr, "listen.allow": []string{"192.0.2.0/24", "127.0.0.3", "127.0.0.4"},
			"listen.proxy_protocol": true, "listen.proxy_from": []string{balancer},
			"accounts.bank.allow": []string{esme, "127.0.0.3"},
		}).write(t))
		tests := []struct {
			name, from, header string
			words              []string
			want               pdu.Status
			closed             bool
		}{
			{"listed", "127.0.0.3", "", []string{"bound", "127.0.0.3"}, smpp.StatusOK, false},
			{"not listed", "127.0.0.5", "", []string{"connection refused", "not_allowed", "127.0.0.5"}, 0, true},
			{"not of the account", "127.0.0.4", "", []string{"bind refused", "allow list", "127.0.0.4"}, smpp.StatusBindFailed, false},
			{"by the balancer", balancer, esme, []string{"bound", esme}, smpp.StatusOK, false},
			{"by the balancer, not of the account", balancer, "192.0.2.8", []string{"bind refused", "allow list", "192.0.2.8"}, smpp.StatusBindFailed, false},
			{"by the balancer, not listed", balancer, "198.51.100.1", []string{"connection refused", "not_allowed", "198.51.100.1"}, 0, true},
		}
		for _, tt := range tests {
			t.Run(mode+" "+tt.name, func(t *testing.T) {
				conn := connect(t, g.addr, tt.from)
				if tt.header != "" {
					sayProxied(t, conn, tt.header)
				}
				if tt.closed {
					expectClosed(t, conn)
				} else if got := tryBind(t, conn, accounts[0], password); got != tt.want {
					t.Errorf("got %v, want %v", got, tt.want)
				}
				g.expectLine(ctx, tt.words...)
			})
		}
		t.Run(mode+" claimed by an ESME", func(t *testing.T) {
			conn := connect(t, g.addr, "127.0.0.4")
			sayProxied(t, conn, esme)
			f, err := readFrame(conn)
			if err != nil || f.ID() != pdu.GenericNACKID {
				t.Errorf("got %x, %v, want generic_nack", []byte(f), err)
			}
		})
	}
}

// sayProxied sends a PROXY header, version 1.
func sayProxied(t *testing.T, conn net.Conn, client string) {
	t.Helper()
	if _, err := fmt.Fprintf(conn, "PROXY TCP4 %s 127.0.0.1 40000 2775\r\n", client); err != nil {
		t.Fatal(err)
	}
}
