package transport

import (
	"io"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"readback/internal/testpeer"
)

var balancers = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}

const (
	balancer = "10.0.0.5:50000"
	esme     = "198.51.100.77:50000"
)

func TestProxyListener(t *testing.T) {
	header := v1Of(client4, server4)
	tests := []struct {
		name    string
		trusted []netip.Prefix
		from    string
		sent    string
		remote  string
		want    string // what SMPP reads
	}{
		{"v1", balancers, balancer, header + "SMPP", client4.String(), "SMPP"},
		{"v2", balancers, balancer, v2Of(client6, server6) + "SMPP", client6.String(), "SMPP"},
		{"a second header is SMPP's", balancers, balancer, header + header, client4.String(), header},
		{"LOCAL", balancers, balancer, v2(v2Local, 0) + "SMPP", balancer, "SMPP"},
		{"UNKNOWN", balancers, balancer, "PROXY UNKNOWN\r\nSMPP", balancer, "SMPP"},
		{"mapped balancer", balancers, "[::ffff:10.0.0.5]:50000", header + "SMPP", client4.String(), "SMPP"},
		{"no balancer", balancers, esme, "SMPP", esme, "SMPP"},
		{"header of no balancer", balancers, esme, header, esme, header},
		{"nobody is trusted", nil, balancer, header, balancer, header},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ln := newFakeListener()
			proxy := NewProxyListener(ln, tt.trusted, Opening{})
			defer func() { _ = proxy.Close() }()
			out := ln.dial(tt.from)
			go func() {
				_, _ = io.WriteString(out, tt.sent) // the reader sees what is missing
				_ = out.Close()
			}()
			conn := accept(t, proxy)
			if got := conn.RemoteAddr().String(); got != tt.remote {
				t.Errorf("got remote %s, want %s", got, tt.remote)
			}
			if got, err := io.ReadAll(conn); err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// TestProxyListenerPieces sends each header octet by octet, as a slow network may deliver it.
func TestProxyListenerPieces(t *testing.T) {
	for _, tt := range sound {
		t.Run(tt.name, func(t *testing.T) {
			ln := newFakeListener()
			proxy := NewProxyListener(ln, balancers, Opening{})
			defer func() { _ = proxy.Close() }()
			out := ln.dial(balancer)
			go func() {
				for _, b := range []byte(tt.header + "SMPP") {
					_, _ = out.Write([]byte{b}) // the reader sees what is missing
				}
				_ = out.Close()
			}()
			want := tt.want.String()
			if tt.want == nobody {
				want = balancer
			}
			conn := accept(t, proxy)
			if got := conn.RemoteAddr().String(); got != want {
				t.Errorf("got remote %s, want %s", got, want)
			}
			if got, err := io.ReadAll(conn); err != nil || string(got) != "SMPP" {
				t.Errorf("got %q, %v behind the header, want SMPP", got, err)
			}
		})
	}
}

func TestProxyListenerRefuses(t *testing.T) {
	tests := []struct {
		name string
		sent string
		want string // in the log at level warn; empty: only at level debug
	}{
		{"no header", "\x00\x00\x00\x1f", "first octet is 00"},
		{"half a header", "PROXY TCP4 192", "not done in time"},
		{"silent", "", "not done in time"},
		{"leaves at once", "leave", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log record
				logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				ln := newFakeListener()
				taken := takeAll(t, NewProxyListener(ln, balancers, Opening{Timeout: time.Minute, Log: logger}))
				slow, other := ln.dial(balancer), ln.dial(esme)
				if tt.sent == "leave" {
					_ = slow.Close()
				} else {
					_, _ = io.WriteString(slow, tt.sent) // it may be refused within
				}
				synctest.Wait()
				if got := taken(esme); got != 1 {
					t.Errorf("got %d accepted beside it, want 1", got)
				}
				_, _ = io.Copy(io.Discard, slow) // until it is closed
				synctest.Wait()
				level, want := "level=WARN", tt.want
				if want == "" {
					level, want = "level=DEBUG", "without a word"
				}
				if log.lines(level, want, "remote="+balancer) != 1 || log.lines() != 1 || taken(balancer) != 0 {
					t.Errorf("got %d accepted, log %q, want one line with %s %q", taken(balancer), &log, level, want)
				}
				_ = other.Close()
			})
		})
	}
}

// TestCloseWrite says on a real connection, through all that is wrapped around it,
// that no more will come.
func TestCloseWrite(t *testing.T) {
	ln := testpeer.Listen(t)
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	chain := NewLimiter(Limits{}, slog.New(slog.DiscardHandler), nil).Listener(NewProxyListener(ln, trusted, Opening{}))
	closeAfter(t, chain)
	out := dial(t, ln)
	if _, err := io.WriteString(out, v1Of(client4, server4)); err != nil {
		t.Fatal(err)
	}
	conn := accept(t, chain)
	passes(t, conn, out)
	if err := closeWrite(conn); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(out); err != nil || len(got) > 0 {
		t.Errorf("got %q, %v, want the end", got, err)
	}
	if _, err := io.WriteString(out, "last"); err != nil {
		t.Fatal(err)
	}
	last := make([]byte, 4)
	if _, err := io.ReadFull(conn, last); err != nil || string(last) != "last" {
		t.Errorf("got %q, %v, want what the peer still says", last, err)
	}
	here, there := net.Pipe()
	closeAfter(t, here)
	closeAfter(t, there)
	if err := closeWrite(here); err == nil {
		t.Error("got no error from a connection that cannot")
	}
}
