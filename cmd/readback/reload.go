package main

import (
	"context"
	"errors"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"readback/config"
	"readback/internal/gateway"
	"readback/internal/metric"
	"readback/internal/operator"
	"readback/internal/transport"
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
// nothing if there is an error. It returns what has changed, or config.Errors if settings are wrong.
func (s *service) reload() (*operator.Reload, error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	if s.draining.Load() {
		return nil, errDraining
	}
	s.notify("RELOADING=1")
	defer s.notify("READY=1")
	before := s.current()
	cfg, err := s.reloadOnce()
	if err != nil {
		s.reloads.results.WithLabelValues("error").Inc()
		err = cfg.Locate(err)
		for line := range strings.Lines(err.Error()) {
			s.log.Error("configuration not reloaded, the one before stays in force", "error", strings.TrimSpace(line))
		}
		return nil, err
	}
	s.reloaded.Store(&cfg)
	s.reloads.results.WithLabelValues("ok").Inc()
	s.reloads.success.SetToCurrentTime()
	done := reloadReport(s.cfg, before, cfg)
	s.logReload(done)
	return done, nil
}

// reloadOnce returns the configuration that it has read, with and without an error.
func (s *service) reloadOnce() (config.Config, error) {
	if s.load == nil {
		return config.Config{}, errNoFile
	}
	cfg, err := s.load()
	if err != nil {
		return cfg, err
	}
	if err := config.CheckReload(s.cfg, s.current(), cfg); err != nil {
		return cfg, err
	}
	l, err := newLive(cfg)
	if err != nil {
		return cfg, err
	}
	if err := guarded(cfg.Ops, s.admin); err != nil {
		return cfg, err
	}
	if err := s.reloadCertificates(); err != nil {
		return cfg, err
	}
	if err := s.reloadCallers(cfg); err != nil {
		return cfg, err
	}
	if s.logging != nil {
		if err := s.logging.Set(cfg.Log.Level, cfg.Settings.Mask); err != nil {
			return cfg, err
		}
	}
	s.useOperators(cfg.Ops)
	s.gateway.Use(l.policies)
	s.webhooks.Use(l.targets)
	return cfg, s.relay.Use(l.settings) // it looks again at which accounts have a webhook
}

// reloadCallers applies who may send read responses.
func (s *service) reloadCallers(cfg config.Config) error {
	if err := local(cfg.Relay.Auth, s.reads); err != nil {
		return err
	}
	if asksForCertificates(cfg.Relay.Auth) != asksForCertificates(s.cfg.Relay.Auth) {
		return config.About("reads.auth", "restart the gateway, or leave it", errors.New("from mtls alone, or to it, takes a restart"))
	}
	clients := s.cfg.Reads.MQTT.TLS.ClientCA != "" || s.cfg.Reads.WebSocket.TLS.ClientCA != ""
	if clients && sparesCertificates(cfg.Relay.Auth) != sparesCertificates(s.cfg.Relay.Auth) {
		return config.About("reads.auth", "restart the gateway, or leave it", errors.New("mtls beside others, or no more, takes a restart where MQTT or WebSocket have a client_ca"))
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
	sections := []struct {
		key    string
		reload func() error
	}{{"smsc.tls", s.dialer.reload}}
	add := func(key string, files *transport.ServerTLS) {
		if files != nil {
			sections = append(sections, struct {
				key    string
				reload func() error
			}{key, files.Reload})
		}
	}
	add("listen.tls", s.front.tls)
	add("reads.tls", s.callers.tls)
	for _, c := range s.clients {
		add(c.key, c.files)
	}
	add("ops.tls", s.opsFront.tls)
	for _, one := range sections {
		if one.reload == nil {
			continue
		}
		if err := one.reload(); err != nil {
			return config.About(one.key, tlsHint, err)
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
