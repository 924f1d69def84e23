package transport

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"

	"readback/internal/testpeer"
)

// TestTLSListenerReasons has clients that are none. Who leaves without a word, such
// as the probe of a load balancer, is no news.
func TestTLSListenerReasons(t *testing.T) {
	a := testpeer.NewAuthority(t)
	config := &tls.Config{Certificates: []tls.Certificate{a.Pair(t, "gateway.example")}}
	bind := "\x00\x00\x00\x1f\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x01esme\x00secret\x00\x00\x34\x00\x00\x00"
	tests := []struct {
		name   string
		client func(conn net.Conn)
		want   string // in the log at level warn; empty: only at level debug
	}{
		{"leaves", func(conn net.Conn) { _ = conn.Close() }, ""},
		{"SMPP", func(conn net.Conn) { _, _ = io.WriteString(conn, bind) }, "does not look like a TLS handshake"},
		{"leaves behind its hello", func(conn net.Conn) {
			c := tls.Client(&deaf{conn}, &tls.Config{ServerName: "gateway.example", RootCAs: a.Pool()})
			_ = c.Handshake()                                // fails, being deaf
			go func() { _, _ = io.Copy(io.Discard, conn) }() // until the server has said its part
			synctest.Wait()
			_ = conn.Close()
		}, "left within the handshake"},
		{"silent", func(net.Conn) {}, "not done in time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log record
				logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				ln := newFakeListener()
				taken := takeAll(t, NewTLSListener(ln, config, Opening{Log: logger}))
				conn := ln.dial(quick)
				tt.client(conn)
				_, _ = io.Copy(io.Discard, conn) // until it is closed
				synctest.Wait()
				level, want := "level=WARN", tt.want
				if want == "" {
					level, want = "level=DEBUG", "without a word"
				}
				if log.lines(level, want, "remote="+quick) != 1 || log.lines() != 1 || taken(quick) != 0 {
					t.Errorf("got %d accepted, log %q, want one line with %s %q", taken(quick), &log, level, want)
				}
			})
		})
	}
}

// deaf is a connection on which the first octets end the reading.
type deaf struct{ net.Conn }

func (c *deaf) Read(b []byte) (int, error) {
	if _, err := c.Conn.Read(b); err != nil {
		return 0, err
	}
	return 0, io.ErrNoProgress
}
