package main

import (
	"fmt"
	"log/slog"
	"slices"

	"readback/config"
	"readback/internal/transport"
	"readback/relay"
	"readback/relay/access"
	"readback/relay/broker"
)

// openToClients gives the relay its listeners for handsets and app backends, and TLS on that for NATS clients. It
// returns their certificates, which the caller must watch for changes.
func openToClients(cfg config.Config, opt *relay.Options, log *slog.Logger) (watched []*transport.ServerTLS, err error) {
	for _, l := range []struct {
		key, addr string
		tls       config.ClientTLS
		to        **broker.Listener
	}{
		{"reads.mqtt", cfg.Reads.MQTT.Addr, cfg.Reads.MQTT.TLS, &opt.MQTT},
		{"reads.websocket", cfg.Reads.WebSocket.Addr, cfg.Reads.WebSocket.TLS, &opt.WebSocket},
	} {
		if l.addr == "" {
			continue
		}
		*l.to = &broker.Listener{Addr: l.addr}
		if l.tls.Cert == "" {
			continue
		}
		files, err := transport.NewServer(transport.Server{
			Cert: l.tls.Cert, Key: l.tls.Key, ClientCA: l.tls.ClientCA, ClientCRL: l.tls.ClientCRL, ClientOptional: sparesCertificates(cfg.Relay.Auth),
		}, log)
		if err != nil {
			return nil, fmt.Errorf("%s.tls: %w", l.key, err)
		}
		(*l.to).TLS = files.PlainConfig()
		watched = append(watched, files)
	}
	if t := cfg.UsersTLS; cfg.Relay.Listen != "" && t.Cert != "" {
		files, err := transport.NewServer(transport.Server{Cert: t.Cert, Key: t.Key}, log)
		if err != nil {
			return nil, fmt.Errorf("relay.listen_tls: %w", err)
		}
		opt.ListenTLS = files.PlainConfig()
		watched = append(watched, files)
	}
	if opt.WebSocket != nil {
		opt.WebSocket.Origins = cfg.Reads.WebSocket.Origins
	}
	opt.Unknown = broker.Limits{PerSource: cfg.Reads.MaxUnknown, Rate: float64(cfg.Reads.FailureRate), Burst: cfg.Reads.FailureBurst}
	return watched, nil
}

// sparesCertificates reports whether clients may present something other than a certificate.
// A reload does not change it for a listener.
func sparesCertificates(auth []string) bool {
	return slices.Contains(auth, access.AuthMTLS) && !asksForCertificates(auth)
}
