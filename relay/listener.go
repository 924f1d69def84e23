package relay

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"readback/relay/journal"
)

// Listener is a way into the embedded server for handsets and app backends.
type Listener struct {
	Addr    string      // host:port
	TLS     *tls.Config // nil: none
	Origins []string    // of web pages that may connect, WebSocket only; empty: those of the same host
}

// Bounds of what comes in by MQTT and WebSocket. All clients of the embedded server share
// them, the process's own connection too: its largest message is a batch of the log.
const (
	clientPayload  = journal.MaxBatch + 16<<10 // octets of a message with its headers; beyond it the client is cut off
	clientPending  = 32 << 20                  // octets that wait for a client; beyond it the client is cut off. A replay has 16 MiB under way
	clientSpare    = 64                        // connections beyond Options.MaxClients, for those that are not known yet
	clientAuth     = 5                         // seconds for TLS, and again to say who it is
	clientPing     = 30 * time.Second          // of silence, before a client is asked whether it is there; not over MQTT
	clientUnacked  = 100                       // messages to an MQTT subscription without acknowledgement
	clientSubs     = 100                       // subscriptions of a client; beyond it the client is cut off
	clientLook     = 10 * time.Second          // between looks at them
	clientStay     = 24 * time.Hour            // of a connection; then the client has to connect again
	sessionKeeping = 24 * time.Hour            // of an MQTT subscription whose client is away
)

// hasClients tells whether the embedded server is open to others than NATS clients on loopback.
func (o *Options) hasClients() bool { return o.MQTT != nil || o.WebSocket != nil }

func (o *Options) validateListeners() error {
	var err error
	for name, l := range map[string]*Listener{"mqtt": o.MQTT, "websocket": o.WebSocket} {
		if l == nil {
			continue
		}
		if _, _, e := hostPort(l.Addr); e != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", name, e))
		}
		if o.NATS != Embedded {
			err = errors.Join(err, fmt.Errorf("%s: is for the embedded server only", name))
		}
		if o.MaxClients <= 0 {
			err = errors.Join(err, fmt.Errorf("%s: max clients: %d is not positive", name, o.MaxClients))
		}
	}
	return err
}

// isLocal tells whether only this machine reaches the listener.
func (l *Listener) isLocal() bool {
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

// openDoors gives the server its listeners for handsets and app backends, and a gatekeeper.
func (o *Options) openDoors(so *server.Options, g *gatekeeper) (err error) {
	so.CustomClientAuthentication = g
	so.MaxPayload, so.MaxPending = clientPayload, clientPending
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
