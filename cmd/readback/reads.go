package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"readback/config"
	"readback/internal/token"
	"readback/internal/transport"
	"readback/relay"
)

// readsKeepAlive is the silence after which TCP asks a caller's machine whether it is there.
const readsKeepAlive = 30 * time.Second

// readsFront is what callers of the HTTP interface for read responses go through, and
// whose tokens are taken.
type readsFront struct {
	log     *slog.Logger
	refused transport.Refused
	limiter *transport.Limiter
	tls     *transport.ServerTLS // nil: no TLS
	tokens  *token.Verifier      // nil: none are taken
}

func newReadsFront(cfg config.Reads, log *slog.Logger, refused transport.Refused) (*readsFront, error) {
	f := &readsFront{log: log, refused: refused}
	f.limiter = transport.NewLimiter(transport.Limits{Total: cfg.MaxConnections}, log, refused)
	var err error
	if cfg.TLS.Cert != "" {
		f.tls, err = transport.NewServer(transport.Server{
			Cert: cfg.TLS.Cert, Key: cfg.TLS.Key, ClientCA: cfg.TLS.ClientCA,
			ClientOptional: !slices.Equal(cfg.Auth, []string{relay.AuthMTLS}),
			Protocols:      []string{"h2", "http/1.1"},
		}, log)
		if err != nil {
			return nil, fmt.Errorf("reads.tls: %w", err)
		}
	}
	if slices.Contains(cfg.Auth, relay.AuthJWT) {
		f.tokens, err = token.NewVerifier(token.Options{
			Keys: cfg.JWT.Keys, Leeway: cfg.JWT.Leeway, Issuer: cfg.JWT.Issuer, Audience: cfg.JWT.Audience,
		}, log)
		if err != nil {
			return nil, fmt.Errorf("reads.jwt: %w", err)
		}
	}
	return f, nil
}

// local refuses a listener that more than this machine reaches, where everyone is let in:
// systemd may have opened another address than the configured one.
func local(cfg config.Reads, ln net.Listener) error {
	if ln == nil || !slices.Contains(cfg.Auth, relay.AuthNone) {
		return nil
	}
	if a, ok := ln.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		return fmt.Errorf("reads.auth none would let anyone report a read who reaches %s", a)
	}
	return nil
}

// listener wraps the one of the HTTP interface.
func (f *readsFront) listener(ln net.Listener) net.Listener {
	ln = f.limiter.Listener(transport.TCP{KeepAlive: transport.KeepAlive(readsKeepAlive)}.Listener(ln))
	if f.tls == nil {
		return ln
	}
	return transport.NewTLSListener(ln, f.tls.Config(), transport.Opening{Log: f.log, Refused: f.refused})
}

// watch reads certificates and keys again when they change, until ctx ends.
func (f *readsFront) watch(ctx context.Context) {
	var wg sync.WaitGroup
	if f.tls != nil {
		wg.Go(func() { f.tls.Watch(ctx, fileCheck) })
	}
	if f.tokens != nil {
		wg.Go(func() { f.tokens.Watch(ctx, fileCheck) })
	}
	wg.Wait()
}
