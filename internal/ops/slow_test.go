package ops

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// pipes is a listener whose connections are pipes.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	c, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p *pipes) Close() error { p.once.Do(func() { close(p.conns) }); return nil }

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9090} }

// A connection is closed when its request takes too long.
func TestSlowRequests(t *testing.T) {
	const reload = "POST /-/reload HTTP/1.1\r\nHost: localhost\r\n"
	for _, tt := range []struct {
		name  string
		begin string
		drip  string // an octet a second
		most  time.Duration
	}{
		{"says nothing", "", "", headerTimeout},
		{"headers drip", reload, strings.Repeat("x", 1000), headerTimeout},
		{"body drips", reload + "Content-Length: 1000\r\n\r\n", strings.Repeat("x", 1000), readTimeout},
		{"idle afterwards", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "", idleTimeout},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := NewServer(prometheus.NewRegistry(), nil, nil, quiet)
				s.Handle("POST /-/reload", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body) }))
				ln := &pipes{conns: make(chan net.Conn)}
				ctx, cancel := context.WithCancel(t.Context())
				var working sync.WaitGroup
				working.Go(func() { _ = s.Serve(ctx, ln) })
				here, there := net.Pipe()
				ln.conns <- there
				began := time.Now()
				working.Go(func() {
					_, err := io.WriteString(here, tt.begin)
					for i := 0; err == nil && i < len(tt.drip); i++ {
						time.Sleep(time.Second) // virtual
						_, err = here.Write([]byte{tt.drip[i]})
					}
				})
				_, _ = io.Copy(io.Discard, here) // until it is closed
				if took := time.Since(began); took < tt.most || took > tt.most+time.Second {
					t.Errorf("closed after %v, want %v", took, tt.most)
				}
				_ = here.Close()
				cancel()
				working.Wait()
			})
		})
	}
}
