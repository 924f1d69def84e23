package relay

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/backoff"
	"readback/relay/journal"
)

// Streams and subjects beside the ledger's log.
const (
	streamReads     = "READBACK_READS"
	subjectReads    = "readback.reads"
	subjectReadsNow = "readback.reads.now"

	streamFeedback  = "READBACK_FEEDBACK"
	subjectFeedback = "readback.feedback.0."

	streamDead  = "READBACK_DEAD"
	subjectDead = "readback.dead."
)

// Bounds of the streams.
const (
	readsAge     = 24 * time.Hour
	readsOctets  = 256 << 20
	maxConsumers = 20000
)

// startServer starts the embedded server.
func (r *Relay) startServer() error {
	opt := &r.opt
	o := &server.Options{
		ServerName:   "readback",
		JetStream:    true,
		StoreDir:     filepath.Join(opt.Store, "nats"),
		DontListen:   opt.Listen == "",
		SyncInterval: opt.Sync,
		SyncAlways:   opt.Sync == 0,
		NoSigs:       true,
		NoLog:        true,

		// Else three quarters of what is free at the start: a restart beside a large log would
		// have no room for it. The disk is the bound.
		JetStreamMaxStore: math.MaxInt64 / 2,
	}
	var err error
	if opt.Listen != "" {
		if o.Host, o.Port, err = hostPort(opt.Listen); err != nil {
			return err
		}
	}
	if r.gatekeeper != nil {
		if err := opt.openDoors(o, r.gatekeeper); err != nil {
			return err
		}
	}
	s, err := server.NewServer(o)
	if err != nil {
		return fmt.Errorf("embedded NATS server: %w", err)
	}
	said := &serverLog{relay: r}
	s.SetLogger(said, false, false)
	if r.gatekeeper != nil {
		r.gatekeeper.server.Store(s)
	}
	s.Start()
	if said.fatal != nil || !s.ReadyForConnections(time.Minute) || !s.JetStreamEnabled() {
		s.Shutdown()
		return errors.Join(fmt.Errorf("embedded NATS server did not start on %q", o.StoreDir), said.fatal)
	}
	if r.server.Swap(s) != nil || r.gatekeeper == nil {
		return nil
	}
	r.mqtt, r.webSocket = o.MQTT.Port, o.Websocket.Port // those that were chosen for 0
	r.log.Info("handsets and app backends can connect", "mqtt_port", o.MQTT.Port, "websocket_port", o.Websocket.Port)
	return nil
}

// inProcess connects to the embedded server that runs now.
type inProcess struct{ relay *Relay }

func (p inProcess) InProcessConn() (net.Conn, error) { return p.relay.server.Load().InProcessConn() }

// connect returns a connection that goes on by itself; the server need not be there
// yet. r.connected gets a value each time it is there.
func connect(r *Relay) (*nats.Conn, error) {
	opt, log := &r.opt, r.log
	there := func(*nats.Conn) {
		select {
		case r.connected <- struct{}{}:
		default:
		}
	}
	options := []nats.Option{
		nats.Name("readback"),
		nats.MaxReconnects(-1),
		nats.RetryOnFailedConnect(true),
		nats.IgnoreAuthErrorAbort(), // what the operator forgot to allow is allowed later
		nats.ReconnectBufSize(-1),   // an append that waits for a connection has to fail instead
		nats.CustomReconnectDelay(func(attempts int) time.Duration {
			return backoff.Jitter(min(time.Duration(attempts)*100*time.Millisecond, 2*time.Second))
		}),
		nats.ConnectHandler(there),
		nats.ReconnectHandler(there),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("NATS connection lost", "error", err)
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			r.natsError(err)
		}),
	}
	url := opt.NATS
	if r.server.Load() != nil {
		url = ""
		options = append(options, nats.InProcessServer(inProcess{r}))
	}
	if r.gatekeeper != nil {
		options = append(options, r.gatekeeper.own())
	}
	if opt.Creds != "" {
		options = append(options, nats.UserCredentials(opt.Creds))
	}
	if opt.NKey != "" {
		o, err := nats.NkeyOptionFromSeed(opt.NKey)
		if err != nil {
			return nil, fmt.Errorf("nkey: %w", err)
		}
		options = append(options, o)
	}
	nc, err := nats.Connect(url, options...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	return nc, nil
}

// natsError logs what NATS has to say, without the numbers in its subjects.
func (r *Relay) natsError(err error) {
	r.log.Warn("NATS error", "error", subscriberSubject.ReplaceAllStringFunc(err.Error(), func(subject string) string {
		at := strings.LastIndexByte(subject, '.') + 1
		return subject[:at] + r.mask(subject[at:])
	}))
}

var subscriberSubject = regexp.MustCompile(`readback\.(reads|verdicts)\.\d+`)

// makeStreams makes the streams, or brings those that are there to these settings. It
// returns the ledger's log.
func makeStreams(ctx context.Context, js jetstream.JetStream, opt *Options) (*jetstream.StreamInfo, error) {
	streams := []jetstream.StreamConfig{
		{
			Name: streamReads, Subjects: []string{subjectReads}, Retention: jetstream.WorkQueuePolicy,
			MaxAge: readsAge, MaxBytes: readsOctets, Discard: jetstream.DiscardNew,
		},
		{
			Name: streamFeedback, Subjects: []string{subjectFeedback + "*"}, Retention: jetstream.WorkQueuePolicy,
			MaxConsumers: maxConsumers, // without MaxAge: what has waited too long is not dropped in silence
		},
		{Name: streamDead, Subjects: []string{subjectDead + "*"}}, // the same
		eventStream(opt, opt.FeedbackKeep),
		{Name: streamHeld, Subjects: []string{subjectHeld + "*"}},
		{
			Name: journal.Stream, Subjects: []string{journal.Subject}, MaxAge: opt.Keep + 24*time.Hour,
			Duplicates: 100 * time.Millisecond, AllowDirect: true,
		},
	}
	if opt.MQTT != nil {
		streams = append(mqttStreams(), streams...)
	}
	var info *jetstream.StreamInfo
	for _, c := range streams {
		c.Storage, c.Replicas = jetstream.FileStorage, opt.Replicas
		s, err := js.CreateOrUpdateStream(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", c.Name, err)
		}
		info = s.CachedInfo()
	}
	return info, nil
}
