package transport

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"testing"

	"readback/internal/admission"
	"readback/internal/testpeer"
)

// TestChain puts all steps together, as the package comment has them: a client of a
// load balancer, in the allow list, over TLS with its certificate.
func TestChain(t *testing.T) {
	a := testpeer.NewAuthority(t)
	pair := a.Pair(t, "gateway.example")
	var log record
	opening := Opening{Log: log.logger()}
	raw := testpeer.Listen(t)
	ln := TCP{}.Listener(raw)
	ln = NewProxyListener(ln, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, opening)
	ln = NewLimiter(Limits{allowing("192.0.2.0/24"), admission.Limits{PerSource: 1}}, log.logger(), nil).Listener(ln)
	ln = NewTLSListener(ln, &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientCAs: a.Pool(), ClientAuth: tls.RequireAndVerifyClientCert,
	}, opening)
	conns, done := make(chan net.Conn, 1), make(chan struct{})
	go func() { defer close(done); acceptAll(ln, conns) }()
	connect := func(header string) (*tls.Conn, error) {
		out := dial(t, raw)
		_, err := io.WriteString(out, header)
		must(t, err)
		c := tls.Client(out, &tls.Config{RootCAs: a.Pool(), ServerName: "gateway.example", Certificates: []tls.Certificate{a.Pair(t, "esme")}})
		return c, c.Handshake()
	}

	out, err := connect(v2Of(client4, server4))
	if err != nil {
		t.Fatalf("got %v, want a connection; log:\n%s", err, &log)
	}
	conn := <-conns
	admission.Of(conn).Bind() // or it would give way
	if got := conn.RemoteAddr().String(); got != client4.String() {
		t.Errorf("got remote %s, want %s", got, client4)
	}
	passes(t, conn, out)
	refused := []struct{ name, header, reason string }{
		{"no header", "", "reason=proxy"},
		{"not in the list", v1Of(netip.MustParseAddrPort("198.51.100.9:1"), server4), "reason=not_allowed"},
		{"second of one address", v1Of(netip.MustParseAddrPort("192.0.2.7:2"), server4), "reason=per_address"},
	}
	for _, tt := range refused {
		if _, err := connect(tt.header); err == nil {
			t.Errorf("%s: got a connection, want none", tt.name)
		}
		awaitLine(t, &log, "connection refused", tt.reason)
	}
	passes(t, conn, out)
	_ = conn.Close() // its place is free again
	if _, err := connect(v1Of(client4, server4)); err != nil {
		t.Errorf("got %v, want a connection; log:\n%s", err, &log)
	}
	closeAfter(t, <-conns)
	if err := ln.Close(); err != nil {
		t.Error(err)
	}
	<-done
	if _, err := net.Dial("tcp", raw.Addr().String()); err == nil {
		t.Error("got a connection, want the socket closed with the outermost listener")
	}
}

// acceptAll hands over what ln accepts until it is closed.
func acceptAll(ln net.Listener, conns chan<- net.Conn) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		conns <- conn
	}
}

// TestOpeningZero shows that a zero Opening neither waits forever nor holds back all.
func TestOpeningZero(t *testing.T) {
	o := Opening{}.withDefaults()
	if o.Timeout <= 0 || o.AtOnce <= 0 || o.Log == nil {
		t.Errorf("got %+v, want bounds", o)
	}
	o.Log.Log(t.Context(), slog.LevelError, "nothing comes of it", "error", errors.ErrUnsupported)
}
