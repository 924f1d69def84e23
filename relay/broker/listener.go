package broker

import (
	"crypto/tls"
	"fmt"
	"math"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Listener is where handsets and app backends connect to the embedded server.
type Listener struct {
	Addr    string      // host:port
	TLS     *tls.Config // nil: none
	Origins []string    // of web pages that may connect, WebSocket only; empty: those of the same host
}

// Bounds of what comes in by MQTT and WebSocket. All clients of the embedded server share
// them, the process's own connection too.
const (
	clientPending  = 32 << 20         // octets that wait for a client; beyond it the client is disconnected. A replay has 16 MiB under way
	clientSpare    = 64               // connections beyond MaxClients, for those that have not authenticated yet
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
		SyncInterval: s.opt.Sync,
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
		var err error
		if o.Host, o.Port, err = hostPort(s.opt.Listen); err != nil {
			return nil, err
		}
	}
	if s.authorizer == nil {
		return o, nil
	}
	o.CustomClientAuthentication = s.authorizer
	if !s.opt.hasClients() {
		return o, nil
	}
	return o, s.opt.addListeners(o)
}

// tryListeners opens the listeners and closes them again. An address that cannot be listened on is a
// mistake of the configuration, and no state of the store, that may change.
func (o *Options) tryListeners() error {
	addrs := map[string]string{"NATS": o.Listen}
	if o.MQTT != nil {
		addrs["MQTT"] = o.MQTT.Addr
	}
	if o.WebSocket != nil {
		addrs["WebSocket"] = o.WebSocket.Addr
	}
	for name, addr := range addrs {
		if addr == "" {
			continue
		}
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return fmt.Errorf("embedded NATS server: %s: %w", name, err)
		}
		_ = ln.Close() // nobody was served
	}
	return nil
}

// addListeners adds the listeners for handsets and app backends, and the bounds of their clients.
func (o *Options) addListeners(so *server.Options) (err error) {
	so.MaxPayload, so.MaxPending = int32(o.MaxPayload), clientPending
	so.MaxConn = o.MaxClients + clientSpare
	so.PingInterval = clientPing
	if l := o.MQTT; l != nil {
		m := &so.MQTT
		if m.Host, m.Port, err = hostPort(l.Addr); err != nil {
			return err
		}
		m.TLSConfig, m.TLSTimeout, m.AuthTimeout = l.TLS, clientAuth, clientAuth
		m.MaxAckPending = clientUnacked
		m.ConsumerMemoryStorage, m.ConsumerInactiveThreshold = true, sessionKeeping
	}
	if l := o.WebSocket; l != nil {
		w := &so.Websocket
		if w.Host, w.Port, err = hostPort(l.Addr); err != nil {
			return err
		}
		w.TLSConfig, w.NoTLS = l.TLS, l.TLS == nil
		w.HandshakeTimeout, w.AuthTimeout = clientAuth*time.Second, clientAuth
		w.AllowedOrigins, w.SameOrigin = l.Origins, len(l.Origins) == 0
	}
	return nil
}
