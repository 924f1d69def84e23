package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"readback/config"
	"readback/internal/gateway"
	"readback/internal/metric"
	"readback/internal/ops"
	"readback/internal/webhook"
	"readback/relay"
)

// live holds what may change at run time, by one configuration.
type live struct {
	policies gateway.Policies
	settings relay.Settings
	targets  webhook.Targets
}

func newLive(cfg config.Config) (l live, err error) {
	if l.policies, err = policies(cfg); err != nil {
		return l, err
	}
	l.settings = relaySettings(cfg)
	if err = l.settings.Validate(); err != nil {
		return l, err
	}
	l.targets, err = webhookTargets(cfg)
	return l, err
}

// reloads counts reloads by their result.
type reloads struct {
	results *prometheus.CounterVec
	success prometheus.Gauge
}

func newReloads(reg prometheus.Registerer) reloads {
	f := metric.With(reg)
	r := reloads{
		results: f.CounterVec(metric.Opts{
			Name: "readback_config_reloads_total", Help: "Times that the configuration was read again, by result: ok or error.",
			Labels: []string{"result"}, Series: metric.Each([]string{"ok", "error"}), Look: "`error` rises",
		}),
		success: f.Gauge(metric.Opts{
			Name: "readback_config_last_reload_success_timestamp_seconds", Help: "When the configuration in force was read.",
		}),
	}
	r.success.SetToCurrentTime()
	return r
}

var (
	errNoFile   = errors.New("this gateway has no configuration to read again")
	errDraining = errors.New("the gateway is draining")
)

// reload reads the configuration again and applies what may change at run time: all of it, or
// nothing if there is an error. It returns what the operator should know.
func (s *service) reload() (notes []string, err error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	if s.draining.Load() {
		return nil, errDraining
	}
	s.notify("RELOADING=1")
	defer s.notify("READY=1")
	notes, err = s.reloadOnce()
	if err != nil {
		s.reloads.results.WithLabelValues("error").Inc()
		for line := range strings.Lines(err.Error()) {
			s.log.Error("configuration not reloaded, the one before stays in force", "error", strings.TrimSpace(line))
		}
		return notes, err
	}
	s.reloads.results.WithLabelValues("ok").Inc()
	s.reloads.success.SetToCurrentTime()
	for _, n := range notes {
		s.log.Warn("configuration reloaded with a warning", "warning", n)
	}
	s.log.Info("configuration reloaded")
	return notes, nil
}

func (s *service) reloadOnce() ([]string, error) {
	if s.load == nil {
		return nil, errNoFile
	}
	cfg, err := s.load()
	if err != nil {
		return cfg.Warnings, err
	}
	l, err := newLive(cfg)
	if err != nil {
		return cfg.Warnings, err
	}
	if err := guarded(cfg.Ops, s.admin); err != nil {
		return cfg.Warnings, err
	}
	if err := s.reloadCertificates(); err != nil {
		return cfg.Warnings, err
	}
	if err := s.reloadCallers(cfg); err != nil {
		return cfg.Warnings, err
	}
	if s.logging != nil {
		if err := s.logging.Set(cfg.Log.Level, cfg.Settings.Mask); err != nil {
			return cfg.Warnings, err
		}
	}
	s.useOperators(cfg.Ops)
	s.gateway.Use(l.policies)
	s.webhooks.Use(l.targets)
	if err := s.relay.Use(l.settings); err != nil { // it looks again at which accounts have a webhook
		return cfg.Warnings, err
	}
	s.reloaded.Store(&cfg)
	notes := cfg.Warnings
	for _, c := range config.Changes(s.cfg, cfg) {
		if !c.Live {
			notes = append(notes, c.Key+": the change needs a restart")
		}
	}
	return notes, nil
}

// reloadCallers applies who may send read responses.
func (s *service) reloadCallers(cfg config.Config) error {
	if err := local(cfg.Relay.Auth, s.reads); err != nil {
		return err
	}
	if asksForCertificates(cfg.Relay.Auth) != asksForCertificates(s.cfg.Relay.Auth) {
		return errors.New("reads.auth: from mtls alone, or to it, takes a restart")
	}
	clients := s.cfg.Reads.MQTT.TLS.ClientCA != "" || s.cfg.Reads.WebSocket.TLS.ClientCA != ""
	if clients && sparesCertificates(cfg.Relay.Auth) != sparesCertificates(s.cfg.Relay.Auth) {
		return errors.New("reads.auth: mtls beside others, or no more, takes a restart where MQTT or WebSocket have a client_ca")
	}
	tokens, err := newTokens(cfg, s.log)
	if err != nil {
		return err
	}
	callers, err := callersOf(cfg, tokens)
	if err != nil {
		return err
	}
	if err := s.relay.SetCallers(callers.Rules); err != nil {
		return err
	}
	s.callers.swap(tokens)
	return nil
}

// reloadCertificates reads the certificates that are in use again.
func (s *service) reloadCertificates() error {
	if s.front.tls != nil {
		if err := s.front.tls.Reload(); err != nil {
			return fmt.Errorf("listen.tls: %w", err)
		}
	}
	if s.callers.tls != nil {
		if err := s.callers.tls.Reload(); err != nil {
			return fmt.Errorf("reads.tls: %w", err)
		}
	}
	for _, files := range s.clients {
		if err := files.Reload(); err != nil {
			return fmt.Errorf("reads.mqtt.tls, reads.websocket.tls, relay.listen_tls: %w", err)
		}
	}
	if s.opsFront.tls != nil {
		if err := s.opsFront.tls.Reload(); err != nil {
			return fmt.Errorf("ops.tls: %w", err)
		}
	}
	if s.dialer.reload != nil {
		if err := s.dialer.reload(); err != nil {
			return fmt.Errorf("smsc.tls: %w", err)
		}
	}
	return nil
}

// awaitHangups reloads at each SIGHUP until ctx ends.
func (s *service) awaitHangups(ctx context.Context) error {
	for {
		select {
		case <-s.hangups:
			_, _ = s.reload() // reload has logged it
		case <-ctx.Done():
			return nil
		}
	}
}

// postReload answers POST /-/reload: 200 and the warnings, or 422 and the errors, a line
// each.
func (s *service) postReload(w http.ResponseWriter, _ *http.Request) {
	notes, err := s.reload()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		say(w, "%v\n", err)
		return
	}
	for _, n := range notes {
		say(w, "warning: %s\n", n)
	}
}

func reloadCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reload --config FILE",
		Short: "Tell a running gateway to read its configuration again, as SIGHUP does",
		Long: `Tells the gateway, at --ops or the ops.addr of the configuration, to read its file
and environment again. feedback, accounts, reads.auth with its keys, which messages
are tracked, log.level, log.mask and certificates change at once, and no session is
lost; what else has changed is named and needs a restart. On any error everything
stays as it was, and it exits 1.`,
		Args: cobra.NoArgs,
	}
	askFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return askGateway(cmd, func(ctx context.Context, gateway *ops.Client) error {
			notes, err := gateway.Ask(ctx, http.MethodPost, "/-/reload", http.StatusOK)
			say(cmd.ErrOrStderr(), "%s", notes)
			return err
		})
	}
	return cmd
}
