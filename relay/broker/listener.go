package broker

import (
	"crypto/tls"
	"fmt"
	"math"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"readback/internal/admission"
	"readback/internal/transport"
)

// Listener is where handsets and app backends connect to the embedded server.
type Listener struct {
	Addr    string      // host:port
	TLS     *tls.Config // nil: none
	Origins []string    // of web pages that may connect, WebSocket only; empty: those of the same host
}

// Limits are those of connections of one source on which no client has authenticated; zero is no limit.
type Limits struct {
	PerSource int     // at a time
	Rate      float64 // a second that come to nothing
	Burst     int     // of them at once
}

// Bounds of what comes in by MQTT and WebSocket. All clients of the embedded server share
// them, the process's own connection too.
const (
	clientPending  = 32 << 20         // octets that wait for a client; beyond it the client is disconnected. A replay has 16 MiB under way
	clientSpare    = 64               // connections beyond MaxClients, for those that have not authenticated yet
	natsUnknown    = 1000             // NATS clients that have not authenticated yet
	clientAuth     = 5                // seconds for TLS, and again to authenticate
	clientPing     = 30 * time.Second // of silence, before a client is asked whether it is there; not over MQTT
	clientUnacked  = 100              // messages to an MQTT subscription without acknowledgement
	clientSubs     = 100              // subscriptions of a client; beyond it the client is disconnected
	clientLook     = 10 * time.Second // between looks at them
	clientStay     = 24 * time.Hour   // of a connection; then the client has to connect again
	sessionKeeping = 24 * time.Hour   // of an MQTT subscription whose client is away
)

// Validate says what is wrong with the address.
func (l *Listener) Validate() error {
	_, _, err := hostPort(l.Addr)
	return err
}

// IsLocal reports whether only this machine reaches the listener.
func (l *Listener) IsLocal() bool {
	host, _, err := net.SplitHostPort(l.Addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// hostPort reads an address as the server wants it: port 0 is -1 there.
func hostPort(addr string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, fmt.Errorf("listen: %w", err)
	}
	if port, err = strconv.Atoi(text); err != nil {
		return "", 0, fmt.Errorf("listen: port %q: %w", text, err)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

// hasClients reports whether there are listeners for handsets and app backends.
func (o *Options) hasClients() bool { return o.MQTT != nil || o.WebSocket != nil }

func (s *Server) serverOptions() (*server.Options, error) {
	o := &server.Options{
		ServerName:   "readback",
		JetStream:    true,
		StoreDir:     filepath.Join(s.opt.Store, storeDir),
		DontListen:   s.opt.Listen == "",
		SyncInterval: max(s.opt.Sync, serverSync), // the syncer is there before
		SyncAlways:   s.opt.Sync == 0,
		NoSigs:       true,
		NoLog:        true,

		AlwaysEnableNonce: true, // for users with an NKey
		TLSConfig:         s.opt.ListenTLS,

		// By default the bound is three quarters of what is free at the start: a restart beside a
		// large log would have no room for it. Here the disk is the bound.
		JetStreamMaxStore: math.MaxInt64 / 2,
	}
	if s.opt.Listen != "" {
		o.Host, o.Port = innerHost, server.RANDOM_PORT
	}
	if s.authorizer == nil {
		return o, nil
	}
	o.CustomClientAuthentication = s.authorizer
	o.MaxConn = max(server.DEFAULT_MAX_CONNECTIONS, s.opt.maxConnections())
	if s.opt.hasClients() {
		s.opt.addListeners(o)
	}
	return o, nil
}

// The names of the listeners.
const (
	natsListener      = "NATS"
	mqttListener      = "MQTT"
	webSocketListener = "WebSocket"
)

// innerHost is where the server listens. The fronts listen for it at the addresses of the options.
const innerHost = "127.0.0.1"

// addrs returns the addresses of the listeners that there are, by their names.
func (o *Options) addrs() map[string]string {
	all := make(map[string]string)
	if o.Listen != "" {
		all[natsListener] = o.Listen
	}
	if o.MQTT != nil {
		all[mqttListener] = o.MQTT.Addr
	}
	if o.WebSocket != nil {
		all[webSocketListener] = o.WebSocket.Addr
	}
	return all
}

// newLimiters returns the limits of connections, of handsets and backends, and of NATS clients. One that
// has authenticated stays.
func (o *Options) newLimiters() map[way]*transport.Limiter {
	limiter := func(l admission.Limits, listener string) *transport.Limiter {
		l.PendingPerSource, l.Rate, l.Burst = o.Unknown.PerSource, o.Unknown.Rate, o.Unknown.Burst
		return transport.NewLimiter(transport.Limits{Limits: l}, o.Log.With("listener", listener),
			func(string, string) { o.Metrics.refused.Inc() })
	}
	words := admission.Words{Total: "max_clients"}
	return map[way]*transport.Limiter{
		handsets:    limiter(admission.Limits{Total: o.MaxClients + clientSpare, Words: words}, "mqtt and websocket"),
		natsClients: limiter(admission.Limits{Pending: natsUnknown}, "nats"),
	}
}

// openFronts listens for a server that has started.
func (s *Server) openFronts(now *running) error {
	o := now.inner
	inner := map[string]int{natsListener: o.Port, mqttListener: o.MQTT.Port, webSocketListener: o.Websocket.Port}
	for name, addr := range s.opt.addrs() {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return fmt.Errorf("embedded NATS server: %s: %w", name, err)
		}
		now.ports[name] = ln.Addr().(*net.TCPAddr).Port
		w := handsets
		if name == natsListener {
			w = natsClients
		}
		now.fronts.add(s.limiters[w].Listener(ln), w, net.JoinHostPort(innerHost, strconv.Itoa(inner[name])))
	}
	return nil
}

// maxConnections is beyond what the fronts let in, since the server may see the end of a connection later.
func (o *Options) maxConnections() int { return 2 * (o.MaxClients + clientSpare + natsUnknown) }

// tryListeners opens the listeners and closes them again. An address that cannot be listened on is a
// mistake of the configuration, and no state of the store, that may change.
func (o *Options) tryListeners() error {
	for name, addr := range o.addrs() {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return fmt.Errorf("embedded NATS server: %s: %w", name, err)
		}
		_ = ln.Close() // nobody was served
	}
	return nil
}

// addListeners adds the listeners for handsets and app backends, and the bounds of their clients.
func (o *Options) addListeners(so *server.Options) {
	so.MaxPayload, so.MaxPending = int32(o.MaxPayload), clientPending
	so.PingInterval = clientPing
	if l := o.MQTT; l != nil {
		m := &so.MQTT
		m.Host, m.Port = innerHost, server.RANDOM_PORT
		m.TLSConfig, m.TLSTimeout, m.AuthTimeout = l.TLS, clientAuth, clientAuth
		m.MaxAckPending = clientUnacked
		m.ConsumerMemoryStorage, m.ConsumerInactiveThreshold = true, sessionKeeping
	}
	if l := o.WebSocket; l != nil {
		w := &so.Websocket
		w.Host, w.Port = innerHost, server.RANDOM_PORT
		w.TLSConfig, w.NoTLS = l.TLS, l.TLS == nil
		w.HandshakeTimeout, w.AuthTimeout = clientAuth*time.Second, clientAuth
		w.AllowedOrigins, w.SameOrigin = l.Origins, len(l.Origins) == 0
	}
}

// ClientURL returns the URL for NATS clients; empty without Listen, and while no server runs.
func (s *Server) ClientURL() string {
	now := s.running.Load()
	if s.opt.Listen == "" || now == nil {
		return ""
	}
	u := url.URL{Scheme: "nats", Host: s.opt.Listen}
	if host, _, err := hostPort(s.opt.Listen); err == nil {
		u.Host = net.JoinHostPort(host, strconv.Itoa(now.ports[natsListener]))
	}
	if s.opt.ListenTLS != nil {
		u.Scheme = "tls"
	}
	return u.String()
}

// Ports returns the ports of the listeners for handsets and app backends; 0 for none.
func (s *Server) Ports() (mqtt, webSocket int) {
	if now := s.running.Load(); now != nil {
		return now.ports[mqttListener], now.ports[webSocketListener]
	}
	return 0, 0
}
