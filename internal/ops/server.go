// Package ops is the operator's interface to a running gateway: metrics, health, profiles and commands
// over HTTP, who may use them, and the log.
package ops

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"readback/internal/admission"
)

// Bounds of one request. A profile may take as long as it asks for: net/http/pprof
// adds that to the time for writing.
const (
	headerTimeout   = 5 * time.Second
	readTimeout     = 10 * time.Second
	writeTimeout    = 30 * time.Second
	idleTimeout     = 60 * time.Second
	shutdownTimeout = 2 * time.Second
	maxHeader       = 16 << 10
	maxScrapes      = 4 // at a time; the next gets 503
)

// Server answers /metrics, /healthz, /readyz and /debug/pprof/, and the pages that were added. The table of
// rules says who may ask for which. Without operators (Access) everybody may ask for everything who reaches the
// listener, so that must be on a loopback address then.
type Server struct {
	mux    *http.ServeMux
	guard  *guard
	access atomic.Pointer[Access]
	log    *slog.Logger
}

// NewServer makes a Server for the metrics of the registry, to which it adds those
// of the Go runtime and of the process. The checks say by name whether each part
// can do its work, nil if so; they are called for each /readyz, from several
// goroutines at once, and must not wait. POST /-/drain calls drain, which must not
// wait either.
func NewServer(registry *prometheus.Registry, checks map[string]func() error, drain func(), log *slog.Logger) *Server {
	for _, c := range []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := registry.Register(c); err != nil && !isRegistered(err) {
			log.Error("metrics of the process are missing", "error", err)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
	}))
	mux.HandleFunc("GET /healthz", healthz)
	mux.HandleFunc("GET /readyz", readyz(checks))
	mux.HandleFunc("POST /-/drain", func(w http.ResponseWriter, _ *http.Request) {
		drain()
		w.WriteHeader(http.StatusAccepted)
	})
	// Without cmdline: a flag may carry a secret.
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	s := &Server{mux: mux, log: log}
	s.access.Store(&Access{})
	s.guard = newGuard(mux, s.access.Load, log)
	return s
}

// Use puts other rules of access in force. It ends the open requests of those who are no longer operators, or have
// lost a role.
func (s *Server) Use(a Access) {
	s.access.Store(&a)
	s.guard.endWithdrawn()
}

// Handle adds pages, before Serve: a pattern as http.ServeMux has it. They are served if the table of rules
// has them.
func (s *Server) Handle(pattern string, h http.Handler) { s.mux.Handle(pattern, h) }

func isRegistered(err error) bool {
	_, ok := errors.AsType[prometheus.AlreadyRegisteredError](err)
	return ok
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.guard.ServeHTTP(w, r) }

// Serve answers requests at the listener until ctx ends, and returns nil when the
// last one is answered or two seconds have passed. It closes the listener.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error { return s.serve(ctx, ln, s) }

// ServeMetrics is Serve for the pages that need no credential: metrics and health.
func (s *Server) ServeMetrics(ctx context.Context, ln net.Listener) error {
	return s.serve(ctx, ln, http.HandlerFunc(s.servePublic))
}

// servePublic answers a request for a page that needs no credential, and no other.
func (s *Server) servePublic(w http.ResponseWriter, r *http.Request) {
	if _, pattern := s.guard.rules.Handler(r); pattern == "" || s.guard.roles[pattern] != public {
		http.NotFound(w, r)
		return
	}
	if err := s.access.Load().checkSource(r, true); err != nil {
		s.guard.refuse(w, r, http.StatusForbidden, "", err.Error())
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *Server) serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		// A profile that runs for minutes ends with the gateway.
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnContext: admission.With,
	}
	stopped := make(chan struct{})
	running := context.AfterFunc(ctx, func() {
		defer close(stopped)
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		if srv.Shutdown(last) != nil {
			_ = srv.Close() // a client that is still there has had time enough
		}
	})
	err := srv.Serve(ln)
	if running() {
		_ = srv.Close() // the cause is in err
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	}
	<-stopped
	return nil
}
