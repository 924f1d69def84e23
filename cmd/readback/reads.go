package main

import (
	"context"
	"errors"
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

	swapped chan *token.Verifier // to be watched from now on
}

func newReadsFront(cfg config.Config, log *slog.Logger, refused transport.Refused) (*readsFront, error) {
	f := &readsFront{log: log, refused: refused, swapped: make(chan *token.Verifier, 1)}
	f.limiter = transport.NewLimiter(transport.Limits{Total: cfg.Reads.MaxConnections}, log, refused)
	var certificates, keys error
	if cfg.Reads.TLS.Cert != "" {
		f.tls, certificates = transport.NewServer(transport.Server{
			Cert: cfg.Reads.TLS.Cert, Key: cfg.Reads.TLS.Key, ClientCA: cfg.Reads.TLS.ClientCA,
			ClientOptional: !asksForCertificates(cfg.Relay.Auth),
			Protocols:      []string{"h2", "http/1.1"},
		}, log)
		if certificates != nil {
			certificates = fmt.Errorf("reads.tls: %w", certificates)
		}
	}
	f.tokens, keys = newTokens(cfg, log)
	return f, errors.Join(certificates, keys)
}

// newTokens verifies tokens; nil if none are taken.
func newTokens(cfg config.Config, log *slog.Logger) (*token.Verifier, error) {
	if !slices.Contains(cfg.Relay.Auth, relay.AuthJWT) {
		return nil, nil
	}
	v, err := token.NewVerifier(cfg.Reads.JWT, log)
	if err != nil {
		return nil, fmt.Errorf("reads.jwt: %w", err)
	}
	return v, nil
}

// callersOf are who may send read responses, by the configuration.
func callersOf(cfg config.Config, tokens *token.Verifier) (relay.Options, error) {
	opt, err := relayOptions(cfg)
	if tokens != nil { // a nil one would be no nil interface
		opt.Tokens = tokens
	}
	return opt, err
}

// asksForCertificates reports whether callers must show one: mtls alone. That is settled
// when the listener begins.
func asksForCertificates(auth []string) bool {
	return slices.Equal(auth, []string{relay.AuthMTLS})
}

// swap has other tokens watched.
func (f *readsFront) swap(tokens *token.Verifier) {
	select {
	case <-f.swapped: // one that nobody has come to watch
	default:
	}
	f.swapped <- tokens
}

// local refuses a listener that more than this machine reaches, where everyone is let in:
// systemd may have opened another address than the configured one.
func local(auth []string, ln net.Listener) error {
	if ln == nil || !slices.Contains(auth, relay.AuthNone) {
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
	wg.Go(func() { f.watchTokens(ctx) })
	wg.Wait()
}

// watchTokens watches the keys of those tokens that are in force.
func (f *readsFront) watchTokens(ctx context.Context) {
	for tokens := f.tokens; ctx.Err() == nil; {
		one, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		if tokens != nil {
			wg.Go(func() { tokens.Watch(one, fileCheck) })
		}
		select {
		case tokens = <-f.swapped:
		case <-ctx.Done():
		}
		stop()
		wg.Wait()
	}
}
