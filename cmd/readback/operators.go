package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"readback/config"
	"readback/docs"
	"readback/internal/console"
	"readback/internal/flow"
	"readback/internal/metric"
	"readback/internal/operator"
	"readback/internal/ops"
	"readback/internal/transport"
	"readback/relay/intake"
	"readback/smpp/receipt"
)

// opsFront is what connections to the operator's listeners pass.
type opsFront struct {
	log *slog.Logger
	tls *transport.ServerTLS // nil: no TLS
}

func newOpsFront(cfg config.Config, log *slog.Logger) (*opsFront, error) {
	f := &opsFront{log: log}
	files := cfg.Ops.TLS
	if files.Cert == "" {
		return f, nil
	}
	var err error
	f.tls, err = transport.NewServer(transport.Server{Cert: files.Cert, Key: files.Key, ClientCA: files.ClientCA, ClientCRL: files.ClientCRL, ClientOptional: true}, log)
	if err != nil {
		return nil, config.About("ops.tls", tlsHint, err)
	}
	return f, nil
}

// listener wraps a listener of the operator's.
func (f *opsFront) listener(ln net.Listener) net.Listener {
	ln = opsListener(transport.TCP{KeepAlive: transport.KeepAlive(readsKeepAlive)}.Listener(ln), f.log)
	if f.tls == nil {
		return ln
	}
	return transport.NewTLSListener(ln, f.tls.Config(), transport.Opening{Log: f.log})
}

// watch reads the certificates again when they change, until ctx ends.
func (f *opsFront) watch(ctx context.Context) {
	if f.tls != nil {
		f.tls.Watch(ctx, fileCheck)
	}
}

// guarded refuses a listener that other machines can reach, if everybody may use it. systemd may have opened
// another address than the configured one.
func guarded(cfg config.Ops, ln net.Listener) error {
	if ln == nil || len(cfg.Operators) > 0 {
		return nil
	}
	if a, ok := ln.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		return config.About("ops.operators", "[{name: alice, roles: [operator], sha256: …}]; or a socket on 127.0.0.1", fmt.Errorf("without them anyone who reaches %s could stop the gateway", a))
	}
	return nil
}

// makePages adds the operator's pages.
func (s *service) makePages(registry *metric.Registry) {
	s.metrics = registry
	checks := map[string]func() error{"relay": s.relay.Ready, "drain": s.drainState}
	if s.gateway.IsShared() {
		checks["smsc"] = s.gateway.Ready // in mirror mode it is each ESME's own
	}
	s.ops = ops.NewServer(registry.Registry, checks, s.beginDrain, s.log)
	s.reloads = newReloads(registry)
	s.useOperators(s.cfg.Ops)
	s.ops.Handle("POST /-/reload", http.HandlerFunc(s.postReload))
	s.ops.Handle("POST "+backupPath, operator.BackupPage(s.postBackup))
	s.ops.Handle("/v1/openapi.yaml", ops.Document(docs.OperatorAPI))
	s.ops.Handle("/v1/status", operator.StatusPage(version(), time.Now(), checks, s.gateway))
	s.ops.Handle("/v1/accounts", operator.AccountPage(s.gateway))
	s.ops.Handle("/v1/statistics", operator.StatisticsPage(time.Now(), s.gateway, s.relay))
	sessions := operator.SessionPages(s.gateway)
	s.ops.Handle("/v1/sessions", sessions)
	s.ops.Handle("/v1/sessions/", sessions)
	s.ops.Handle("/v1/log/level", operator.LogLevelPage(func() *ops.LogSettings { return s.logging }))
	smsc := operator.SMSCPages(s.gateway)
	s.ops.Handle("/v1/smsc", smsc)
	s.ops.Handle("/v1/smsc/", smsc)
	s.ops.Handle("/v1/drain", operator.DrainPages(drainer{s}))
	s.ops.Handle("POST /v1/reload", operator.ReloadPage(s.reloadJSON))
	s.ops.Handle("/v1/config", operator.ConfigPage(s.settings))
	s.flow = flow.NewSampler(registry)
	s.ops.Handle("/v1/flow", operator.FlowPage(s.flow))
	s.ops.Handle("/v1/reads", operator.ReadPage(s.relay.Reads(), intake.Code))
	s.ops.Handle("/v1/unnumbered", operator.UnnumberedPage(s.gateway))
	s.ops.Handle("/v1/messages", operator.MessagePage(operator.MessageSource{
		SameID: sameID(messageIDs(s.cfg)), ByMessageID: s.relay.Histories().ByMessageID, To: s.relay.Histories().To, Skipped: s.gateway.Skipped, Form: s.relay.Feedback().Form,
		Log: func(r *http.Request, to string) { s.relay.API().LogLookup(ops.By(r), to) },
	}))
	s.ops.Handle("/v1/held", operator.HeldPage(s.relay.HeldReceipts))
	s.ops.Handle("/v1/receivers/{receiver}/hash", operator.HashPage(s.subscribers))
	s.ops.Handle("/v1/trace", operator.TracePage(s.gateway))
	s.ops.Handle("/v1/", operator.Problems(s.relay.OperatorHandler(ops.By)))
	console.New(console.Options{Ops: s.ops, Version: version(), Handsets: s.handsets})
}

// sameID returns whether a message_id that an operator asks for, as a receipt or a response has it, is that of a response.
func sameID(ids receipt.IDs) func(asked, id []byte) bool {
	return func(asked, id []byte) bool { return ids.Same(asked, id) || receipt.SameID(asked, id) }
}

// useOperators puts in force who may use the operator's interface. The listeners stay as they are.
func (s *service) useOperators(cfg config.Ops) {
	now := s.cfg.Ops
	now.Hosts, now.Operators = cfg.Hosts, cfg.Operators
	s.ops.Use(now.Access())
}
