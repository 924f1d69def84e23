package main

import (
	"context"
	"log/slog"
	"net"
	"time"

	"readback/config"
	"readback/internal/admission"
	"readback/internal/transport"
)

// fileCheck is how often certificates are checked for changes.
const fileCheck = 10 * time.Second

// sockets opens the listeners of the configuration, or takes the sockets that systemd has
// opened, by their names.
type sockets struct {
	given map[string]net.Listener
	open  []net.Listener
}

// listen returns the listener of a key; nil if it is off.
func (s *sockets) listen(key, name, addr string) (net.Listener, error) {
	ln, ok := s.given[name]
	if !ok {
		if addr == "" {
			return nil, nil
		}
		var err error
		if ln, err = net.Listen("tcp", addr); err != nil {
			return nil, config.About(key, "an address of this machine whose port is free; ss -ltnp shows who has it", err)
		}
	}
	s.open = append(s.open, ln)
	return ln, nil
}

// close closes the listeners after a failed start.
func (s *sockets) close() {
	for _, ln := range s.open {
		_ = ln.Close() // it has served nobody
	}
}

// front is what connections of ESMEs pass before SMPP begins.
type front struct {
	cfg     config.Listen
	opening transport.Opening
	limiter *transport.Limiter
	tls     *transport.ServerTLS // nil: no TLS
}

// tlsHint is what to do about the files of a section for TLS.
const tlsHint = "files in PEM that this user can read: the certificate with its chain, its own key, and lists signed by an authority of client_ca"

func newFront(all config.Config, log *slog.Logger, refused transport.Refused) (*front, error) {
	cfg := all.Listen
	f := &front{cfg: cfg, opening: transport.Opening{Timeout: all.Gateway.SessionInit, Log: log, Refused: refused}}
	f.limiter = transport.NewLimiter(transport.Limits{Allow: cfg.Allow, Limits: admission.Limits{
		Total: cfg.MaxSessions, PerSource: cfg.MaxPerAddress,
		Pending: cfg.MaxUnbound, PendingPerSource: cfg.MaxUnboundPerAddress,
		Rate: float64(cfg.FailureRate), Burst: cfg.FailureBurst,
		Words: admission.Words{Total: "max_sessions", Pending: "max_unbound"},
	}}, log, refused)
	if cfg.TLS.Cert == "" {
		return f, nil
	}
	var err error
	f.tls, err = transport.NewServer(transport.Server{
		Cert: cfg.TLS.Cert, Key: cfg.TLS.Key, ClientCA: cfg.TLS.ClientCA, ClientCRL: cfg.TLS.ClientCRL,
	}, log)
	if err != nil {
		return nil, config.About("listen.tls", tlsHint, err)
	}
	return f, nil
}

// plain wraps a listener without TLS.
func (f *front) plain(ln net.Listener) net.Listener {
	ln = transport.TCP{KeepAlive: transport.KeepAlive(f.cfg.KeepAlive)}.Listener(ln)
	if f.cfg.ProxyProtocol {
		ln = transport.NewProxyListener(ln, f.cfg.ProxyFrom, f.opening)
	}
	return f.limiter.Listener(ln)
}

// secure wraps a listener with TLS.
func (f *front) secure(ln net.Listener) net.Listener {
	return transport.NewTLSListener(f.plain(ln), f.tls.Config(), f.opening)
}

// Bounds of the connections to ops.addr. A scrape or a command has one, for a moment; there may be 50 live pages.
const (
	maxOps           = 200
	maxOpsPerAddress = 50 // on which no operator has asked for anything yet
)

// opsListener bounds the connections to ops.addr, so that they do not take all files of the process. The
// slowest of an address gives way to a new one; those of operators do not.
func opsListener(ln net.Listener, log *slog.Logger) net.Listener {
	return transport.NewLimiter(transport.Limits{Limits: admission.Limits{
		Total: maxOps, PendingPerSource: maxOpsPerAddress, Words: admission.Words{Total: "max_connections"},
	}}, log.With("listener", "ops"), nil).Listener(ln)
}

// dialer connects to the SMSC, over TCP, or over TLS with files that may change.
type dialer struct {
	dial   func(ctx context.Context, network, addr string) (net.Conn, error)
	watch  func(ctx context.Context) // nil: nothing to watch
	reload func() error              // the same
}

func newDialer(cfg config.Config, log *slog.Logger) (dialer, error) {
	tcp := transport.TCP{Timeout: cfg.SMSC.ConnectTimeout, KeepAlive: transport.KeepAlive(cfg.Listen.KeepAlive)}
	if !cfg.SMSC.TLS.Enable {
		return dialer{dial: tcp.Dial}, nil
	}
	client, err := transport.NewClient(transport.Client{
		CA: cfg.SMSC.TLS.CA, Cert: cfg.SMSC.TLS.Cert, Key: cfg.SMSC.TLS.Key, ServerName: cfg.SMSC.TLS.ServerName,
	}, tcp, log)
	if err != nil {
		return dialer{}, config.About("smsc.tls", tlsHint, err)
	}
	return dialer{client.Dial, func(ctx context.Context) { client.Watch(ctx, fileCheck) }, client.Reload}, nil
}

func (d dialer) tcp(ctx context.Context, addr string) (net.Conn, error) {
	return d.dial(ctx, "tcp", addr)
}
