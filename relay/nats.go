package relay

import (
	"context"
	"sync"

	"readback/relay/broker"
	"readback/relay/intake"
	"readback/relay/journal"
)

// maxPayload is the size of the largest message that the embedded server takes, in octets: a batch
// of the log with its headers.
const maxPayload = journal.MaxBatch + 16<<10

// connection is the process's connection to NATS, with the ways in over it.
type connection struct {
	broker.Connection
	ways intake.NATSWays
	end  func() // ends the answers to read responses that are not in a stream
}

// newBroker returns the embedded server, which does not run yet.
func (r *Relay) newBroker() (*broker.Server, error) {
	opt := &r.opt
	return broker.New(broker.Options{
		Store: opt.Store, Sync: opt.Sync, Listen: opt.Listen, ListenTLS: opt.ListenTLS, Users: opt.Users,
		MQTT: opt.MQTT, WebSocket: opt.WebSocket, MaxClients: opt.MaxClients, Unknown: opt.Unknown,
		MaxPayload: maxPayload, Callers: r.callers, Ready: r.taking,
		Log: r.log, Mask: r.mask, Metrics: r.metrics.broker,
	})
}

// connect returns the connection to the embedded server or to the cluster. It makes one if there is none,
// or if NATS has closed it for good. r.connected gets a value each time the server is there.
func (r *Relay) connect(ctx context.Context) (*connection, error) {
	if c := r.conn.Load(); c != nil {
		if !c.NC.IsClosed() {
			return c, nil
		}
		c.end()
	}
	cluster := broker.Cluster{URL: r.opt.NATS, Creds: r.opt.Creds, NKey: r.opt.NKey}
	made, err := broker.Connect(r.broker, cluster, broker.ClientOptions{Log: r.log, Mask: r.mask, Connected: func() {
		select {
		case r.connected <- struct{}{}:
		default:
		}
		r.feedback.Connected()
	}})
	if err != nil {
		return nil, err
	}
	r.feedback.Connect(made.JS)
	c := &connection{Connection: made, ways: intake.NewNATSWays(intake.NATSOptions{
		Submitter: intake.NewSubmitter(r.reads, r.callers), Conn: made.NC, JetStream: made.JS, Logger: r.log,
		MQTT: r.opt.NATS != Embedded || r.opt.MQTT != nil, Taking: r.takeOnce,
	})}
	answered, err := c.ways.Answer(ctx) // with 503 until the ledger is up
	if err != nil {
		made.NC.Close()
		return nil, err
	}
	c.end = sync.OnceFunc(answered)
	r.conn.Store(c)
	return c, nil
}
