package main

import (
	"log/slog"
	"slices"

	"readback/config"
	"readback/internal/transport"
	"readback/relay"
	"readback/relay/access"
	"readback/relay/broker"
)

// clientFiles are the certificates of a listener for handsets and app backends, and the section that names them.
type clientFiles struct {
	key   string
	files *transport.ServerTLS
}

// openToClients gives the relay its listeners for handsets and app backends, and TLS on that for NATS clients. It
// returns their certificates, which the caller must watch for changes.
func openToClients(cfg config.Config, opt *relay.Options, log *slog.Logger) (watched []clientFiles, err error) {
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
			return nil, config.About(l.key+".tls", tlsHint, err)
		}
		(*l.to).TLS = files.PlainConfig()
		watched = append(watched, clientFiles{l.key + ".tls", files})
	}
	if t := cfg.UsersTLS; cfg.Relay.Listen != "" && t.Cert != "" {
		files, err := transport.NewServer(transport.Server{Cert: t.Cert, Key: t.Key}, log)
		if err != nil {
			return nil, config.About("relay.listen_tls", tlsHint, err)
		}
		opt.ListenTLS = files.PlainConfig()
		watched = append(watched, clientFiles{"relay.listen_tls", files})
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
