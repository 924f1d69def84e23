package ops

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/testpeer"
)

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
				ln := testpeer.NewPipes()
				ctx, cancel := context.WithCancel(t.Context())
				var working sync.WaitGroup
				working.Go(func() { _ = s.Serve(ctx, ln) })
				here := ln.Dial()
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
