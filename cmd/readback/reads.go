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
	"readback/internal/admission"
	"readback/internal/token"
	"readback/internal/transport"
	"readback/relay"
	"readback/relay/access"
)

// readsKeepAlive is the silence after which TCP probes a caller's connection.
const readsKeepAlive = 30 * time.Second

// readsFront is what requests to the HTTP interface for read responses pass, and the tokens
// that it accepts.
type readsFront struct {
	log     *slog.Logger
	refused transport.Refused
	limiter *transport.Limiter
	tls     *transport.ServerTLS // nil: no TLS
	tokens  *token.Verifier      // nil: it accepts no tokens

	swapped chan *token.Verifier // new tokens to be watched
}

// newReadsFront returns the front of the HTTP interface. TLS has the processor by work.
func newReadsFront(cfg config.Config, log *slog.Logger, refused transport.Refused, work transport.Work) (*readsFront, error) {
	f := &readsFront{log: log, refused: refused, swapped: make(chan *token.Verifier, 1)}
	f.limiter = transport.NewLimiter(transport.Limits{Limits: admission.Limits{
		Total: cfg.Reads.MaxConnections, PendingPerSource: cfg.Reads.MaxUnknown,
		Rate: float64(cfg.Reads.FailureRate), Burst: cfg.Reads.FailureBurst,
		Words: admission.Words{Total: "max_connections"},
	}}, log, refused)
	var certificates, keys error
	if cfg.Reads.TLS.Cert != "" {
		f.tls, certificates = transport.NewServer(transport.Server{
			Cert: cfg.Reads.TLS.Cert, Key: cfg.Reads.TLS.Key, ClientCA: cfg.Reads.TLS.ClientCA, ClientCRL: cfg.Reads.TLS.ClientCRL,
			ClientOptional: !asksForCertificates(cfg.Relay.Auth), Work: work,
			Protocols: []string{"h2", "http/1.1"},
		}, log)
		if certificates != nil {
			certificates = config.About("reads.tls", tlsHint, certificates)
		}
	}
	f.tokens, keys = newTokens(cfg, log)
	return f, errors.Join(certificates, keys)
}

// newTokens returns the verifier of tokens; nil if none are accepted.
func newTokens(cfg config.Config, log *slog.Logger) (*token.Verifier, error) {
	if !slices.Contains(cfg.Relay.Auth, access.AuthJWT) {
		return nil, nil
	}
	v, err := token.NewVerifier(cfg.Reads.JWT, log)
	if err != nil {
		return nil, config.About("reads.jwt", "reads.jwt.keys: a file with public keys in PEM, a JWK set, or a secret in one line", err)
	}
	return v, nil
}

// callersOf returns who may send read responses, by the configuration.
func callersOf(cfg config.Config, tokens *token.Verifier) (relay.Options, error) {
	opt, err := relayOptions(cfg)
	if tokens != nil { // a nil *token.Verifier would not be a nil interface
		opt.Tokens = tokens
	}
	return opt, err
}

// asksForCertificates reports whether callers must present a certificate, which is so if
// reads.auth is mtls alone. A reload does not change it for a listener.
func asksForCertificates(auth []string) bool {
	return slices.Equal(auth, []string{access.AuthMTLS})
}

// swap makes watchTokens watch other tokens.
func (f *readsFront) swap(tokens *token.Verifier) {
	select {
	case <-f.swapped: // replaces one that was not taken yet
	default:
	}
	f.swapped <- tokens
}

// local refuses a listener that other machines can reach, if reads.auth admits everyone.
// systemd may have opened another address than the configured one.
func local(auth []string, ln net.Listener) error {
	if ln == nil || !slices.Contains(auth, access.AuthNone) {
		return nil
	}
	if a, ok := ln.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		return config.About("reads.auth", "api_key, jwt, mtls or proof; or a socket on 127.0.0.1", fmt.Errorf("none would let anyone report a read who reaches %s", a))
	}
	return nil
}

// listener wraps the listener of the HTTP interface.
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

// watchTokens watches the keys of the tokens that are in use.
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
