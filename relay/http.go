package relay

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Time-outs of the HTTP server. The answer may have to wait for the SMSC.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	idleTimeout       = 2 * time.Minute
	retryAfter        = "2" // seconds
)

// Handler is the HTTP API: read responses in, conversations out.
func (r *Relay) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/reads", r.postReads)
	mux.HandleFunc("GET /v1/conversations/{sender}/{receiver}", r.getConversation)
	return r.authenticated(mux)
}

// ServeReads serves Handler on ln until ctx ends and what was asked is answered. It closes
// ln.
func (r *Relay) ServeReads(ctx context.Context, ln net.Listener) error {
	s := &http.Server{
		Handler:           r.Handler(),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      intakeWait + readTimeout,
		IdleTimeout:       idleTimeout,
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	var err error
	select {
	case err = <-served:
		return fmt.Errorf("serve reads: %w", err)
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err = s.Shutdown(limit); errors.Is(err, context.DeadlineExceeded) {
		err = s.Close()
	}
	if end := <-served; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	return err
}

// authenticated lets those in who show what Options.Auth asks for.
func (r *Relay) authenticated(h http.Handler) http.Handler {
	if slices.Contains(r.opt.Auth, AuthNone) {
		return h
	}
	var keys [][]byte
	for _, k := range r.opt.APIKeys {
		if b, err := hex.DecodeString(strings.TrimSpace(k)); err == nil { // Validate has seen to it
			keys = append(keys, b)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if slices.Contains(r.opt.Auth, AuthAPIKey) && knownKey(keys, apiKey(req)) {
			h.ServeHTTP(w, req)
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="readback"`)
		v := Verdict{Code: http.StatusUnauthorized, Reason: "no valid API key"}
		r.reads.count("http", v)
		reply(w, v.Code, v)
	})
}

func apiKey(req *http.Request) string {
	if k := req.Header.Get("X-API-Key"); k != "" {
		return k
	}
	scheme, key, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(key)
}

// knownKey compares with all keys, in a time that tells nothing.
func knownKey(keys [][]byte, key string) bool {
	sum := sha256.Sum256([]byte(key))
	known := 0
	for _, k := range keys {
		known |= subtle.ConstantTimeCompare(k, sum[:])
	}
	return known == 1 && key != ""
}

func (r *Relay) postReads(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxReadOctets))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		v := Verdict{Code: http.StatusRequestEntityTooLarge, Reason: "is over 64 KiB"}
		r.reads.count("http", v)
		reply(w, v.Code, v)
		return
	case err != nil:
		v := malformed("", "body cannot be read")
		r.reads.count("http", v)
		reply(w, v.Code, v)
		return
	}
	a := r.submit(req.Context(), body, "http")
	if a.Code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	reply(w, a.Code, a)
}

func (r *Relay) getConversation(w http.ResponseWriter, req *http.Request) {
	view, err := r.Conversation(req.PathValue("sender"), req.PathValue("receiver"))
	switch {
	case errors.Is(err, ErrAddress):
		reply(w, http.StatusBadRequest, malformed("address", err.Error()))
	case err != nil:
		w.Header().Set("Retry-After", retryAfter)
		reply(w, http.StatusServiceUnavailable, Verdict{Code: http.StatusServiceUnavailable, Reason: "index is away"})
	default:
		reply(w, http.StatusOK, view)
	}
}

func reply(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the peer may have gone
}
