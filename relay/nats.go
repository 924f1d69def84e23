package relay

import (
	"readback/relay/broker"
	"readback/relay/journal"
)

// maxPayload is the size of the largest message that the embedded server takes, in octets: a batch
// of the log with its headers.
const maxPayload = journal.MaxBatch + 16<<10

// startBroker starts the embedded server.
func (r *Relay) startBroker() (*broker.Server, error) {
	opt := &r.opt
	return broker.Start(broker.Options{
		Store: opt.Store, Sync: opt.Sync, Listen: opt.Listen,
		MQTT: opt.MQTT, WebSocket: opt.WebSocket, MaxClients: opt.MaxClients,
		MaxPayload: maxPayload, Callers: r.callers, Ready: r.taking,
		Log: r.log, Mask: r.mask, Metrics: r.metrics.broker,
	})
}

// connect connects to the embedded server or to the cluster. r.connected gets a value each time
// the server is there.
func (r *Relay) connect() (err error) {
	cluster := broker.Cluster{URL: r.opt.NATS, Creds: r.opt.Creds, NKey: r.opt.NKey}
	r.conn, err = broker.Connect(r.broker, cluster, broker.ClientOptions{Log: r.log, Mask: r.mask, Connected: func() {
		select {
		case r.connected <- struct{}{}:
		default:
		}
		r.feedback.Connected()
	}})
	return err
}
