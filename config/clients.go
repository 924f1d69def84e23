package config

import "slices"

// MQTT is the embedded server's listener for MQTT 3.1.1: off without Addr.
type MQTT struct {
	Addr string    `key:"addr" form:"bind" empty:"off" doc:"address of the embedded server's MQTT 3.1.1 listener, host:port; empty is off"`
	TLS  ClientTLS `key:"tls" doc:"TLS on that listener"`
}

// WebSocket is the embedded server's listener for WebSocket: off without Addr.
type WebSocket struct {
	Addr    string    `key:"addr" form:"bind" empty:"off" doc:"address of the embedded server's WebSocket listener, host:port; empty is off"`
	TLS     ClientTLS `key:"tls" doc:"TLS on that listener"`
	Origins []string  `key:"origins" form:"origin" example:"https://app.example" doc:"web pages that may connect, by scheme and host; empty is those of the listener's own host"`
}

// ClientTLS is TLS on a listener for handsets and app backends: none without Cert.
type ClientTLS struct {
	Cert      string `key:"cert" form:"file" empty:"none" doc:"PEM file of the listener's certificate and its chain; empty is no TLS"`
	Key       string `key:"key" form:"file" empty:"none" secret:"file" doc:"PEM file of the certificate's key"`
	ClientCA  string `key:"client_ca" form:"file" empty:"none" doc:"PEM file of the authorities that may sign clients' certificates; a client must present one unless reads.auth has others beside mtls; empty requires none"`
	ClientCRL string `key:"client_crl" form:"file" empty:"none" doc:"file with lists of clients' certificates that are revoked (CRL), each signed by an authority of client_ca, in PEM or one in DER; empty is none"`
}

// clientListener is one of the listeners for handsets and app backends.
type clientListener struct {
	key, addr string
	tls       ClientTLS
}

func (c Config) clientListeners() []clientListener {
	r := c.Reads
	return []clientListener{{"reads.mqtt", r.MQTT.Addr, r.MQTT.TLS}, {"reads.websocket", r.WebSocket.Addr, r.WebSocket.TLS}}
}

// checkClients checks the listeners of handsets and app backends.
func checkClients(l *loader) {
	for _, n := range l.cfg.clientListeners() {
		addr, cert, key, ca := n.key+".addr", n.key+".tls.cert", n.key+".tls.key", n.key+".tls.client_ca"
		l.refuseIf((n.tls.Cert == "") != (n.tls.Key == ""), problem{"certificate and key belong together", "both, or neither"}, cert, key)
		l.refuseIf(n.tls.ClientCA != "" && n.tls.Cert == "", problem{"without TLS no client shows a certificate", n.key + ".tls.cert and key"}, ca, cert)
		l.refuseIf(n.tls.ClientCRL != "" && n.tls.ClientCA == "", revokedByNobody, n.key+".tls.client_crl", ca)
		if n.addr == "" {
			if _, chosen := l.origin(addr); !chosen {
				l.refuseAny(problem{"no address to listen on", addr + ", or \"\" for none"}, cert, key, ca)
			}
			continue
		}
		l.refuseIf(l.cfg.Relay.NATS != embedded,
			problem{"only the embedded server has listeners of ours", "leave it out, and let your cluster listen; what comes there is taken"}, addr, "relay.nats")
		auth := l.cfg.Relay.Auth
		l.refuseIf(len(auth) == 0, problem{"nobody may report a read", "auth: [api_key]"}, "reads.auth", addr)
		l.refuseIf(slices.Contains(auth, "none") && !isLoopback(n.addr),
			problem{"reads.auth none would let anyone on the network report a read", "auth: [api_key], or an address such as 127.0.0.1:1883"}, addr, "reads.auth")
	}
}

// warnClients warns of passwords that are sent in clear text, and of web pages that may connect.
func warnClients(l *loader) {
	w := l.cfg.Reads.WebSocket
	l.warnIf(w.Addr != "" && len(w.Origins) == 0 && slices.Contains(l.cfg.Relay.Auth, "none"),
		"a web page whose name resolves to this address may connect, since no credential is asked for: reads.websocket.origins", "reads.websocket.addr")
	for _, n := range l.cfg.clientListeners() {
		l.warnIf(n.addr != "" && n.tls.Cert == "" && !isLoopback(n.addr),
			"without TLS whoever is on the way reads the clients' credentials", n.key+".addr")
	}
}
