package intake

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"readback/internal/testpeer"
)

func TestAtMost(t *testing.T) {
	enter, leave := make(chan bool), make(chan bool)
	h := atMost(2, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		enter <- true
		<-leave
	}))
	ask := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		return w
	}
	var asking sync.WaitGroup
	for range 2 {
		asking.Go(func() { ask() })
		<-enter
	}
	if w := ask(); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("got %d, want 503 and when to try again", w.Code)
	}
	leave <- true
	leave <- true
	asking.Wait()
	asking.Go(func() { ask() })
	<-enter
	leave <- true
	asking.Wait()
}

// A client that is too slow is disconnected.
func TestSlowClients(t *testing.T) {
	const head = "POST /v1/reads HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n"
	tests := []struct {
		name  string
		begin string
		drip  string // an octet a second
		most  time.Duration
	}{
		{"says nothing", "", "", readHeaderTimeout},
		{"headers drip", "POST /v1/reads HTTP/1.1\r\n", strings.Repeat("x", 1000), readHeaderTimeout},
		{"body drips", head, strings.Repeat("x", 19), readTimeout},
		{"idle afterwards", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", idleTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newHTTPServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					if _, err := io.ReadAll(req.Body); err != nil {
						w.WriteHeader(http.StatusBadRequest)
					}
				}))
				ln := testpeer.NewPipes()
				served := make(chan error, 1)
				go func() { served <- s.Serve(ln) }()
				here := ln.Dial()
				began := time.Now()
				var writing sync.WaitGroup
				writing.Go(func() {
					_, err := io.WriteString(here, tt.begin)
					for i := 0; err == nil && i < len(tt.drip); i++ {
						time.Sleep(time.Second) // of the bubble
						_, err = here.Write([]byte{tt.drip[i]})
					}
				})
				_, err := io.Copy(io.Discard, bufio.NewReader(here)) // until it is cut off
				if took := time.Since(began); took > tt.most+time.Second || err != nil && !errors.Is(err, io.EOF) {
					t.Errorf("cut off after %v, %v, want at most %v", took, err, tt.most)
				}
				_ = here.Close()
				_ = s.Close()
				if err := <-served; !errors.Is(err, http.ErrServerClosed) {
					t.Errorf("serve: got %v", err)
				}
				writing.Wait()
			})
		})
	}
}
