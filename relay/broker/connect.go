package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/backoff"
)

// ClientOptions are those of the process's own connection.
type ClientOptions struct {
	Log       *slog.Logger
	Mask      func(number string) string // writes a subscriber's number as the log shows it
	Connected func()                     // called each time the server is there; it must not wait
}

// Cluster says how the process connects to the operator's servers.
type Cluster struct {
	URL   string // or a comma list of them
	Creds string // credentials file; empty: none
	NKey  string // file of an NKey seed; empty: none
}

// Connection is the process's own connection to NATS. It is made before a server is there, and comes
// back by itself.
type Connection struct {
	NC *nats.Conn
	JS jetstream.JetStream
}

// Connect connects to the embedded server s, or to the cluster if s is nil.
func Connect(s *Server, c Cluster, opt ClientOptions) (conn Connection, err error) {
	if s != nil {
		conn.NC, err = s.Connect(opt)
	} else {
		conn.NC, err = c.Connect(opt)
	}
	if err != nil {
		return Connection{}, err
	}
	conn.JS, err = jetstream.New(conn.NC)
	return conn, err
}

// MakeStreams creates streams with so many replicas, or updates those that exist. It returns what is
// known of the last one.
func (c Connection) MakeStreams(ctx context.Context, replicas int, streams ...jetstream.StreamConfig) (*jetstream.StreamInfo, error) {
	var info *jetstream.StreamInfo
	for _, config := range streams {
		config.Storage, config.Replicas = jetstream.FileStorage, replicas
		s, err := c.JS.CreateOrUpdateStream(ctx, config)
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", config.Name, err)
		}
		info = s.CachedInfo()
	}
	return info, nil
}

// Err returns why NATS has closed the connection for good; nil if it comes back by itself.
func (c Connection) Err() error {
	if !c.NC.IsClosed() {
		return nil
	}
	return errors.Join(nats.ErrConnectionClosed, c.NC.LastError())
}

// StreamLost returns an error if a stream is not there, or was made at another time than created (Unix
// ns); 0 is any time. Without an answer, it is not known to be lost.
func (c Connection) StreamLost(ctx context.Context, name string, created int64) error {
	s, err := c.JS.Stream(ctx, name)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("stream %s was deleted while it was in use", name)
	case err == nil && created != 0 && s.CachedInfo().Created.UnixNano() != created:
		return fmt.Errorf("stream %s was deleted and made again while it was in use", name)
	}
	return nil
}

// Connect connects to the embedded server.
func (s *Server) Connect(opt ClientOptions) (*nats.Conn, error) {
	options := append(opt.options(), nats.InProcessServer(s))
	if s.authorizer != nil {
		options = append(options, s.authorizer.own())
	}
	return connect("", options)
}

// Connect connects to the cluster. It does not wait until a server is there.
func (c Cluster) Connect(opt ClientOptions) (*nats.Conn, error) {
	options := opt.options()
	if c.Creds != "" {
		options = append(options, nats.UserCredentials(c.Creds))
	}
	if c.NKey != "" {
		o, err := nats.NkeyOptionFromSeed(c.NKey)
		if err != nil {
			return nil, fmt.Errorf("nkey: %w", err)
		}
		options = append(options, o)
	}
	return connect(c.URL, options)
}

func connect(url string, options []nats.Option) (*nats.Conn, error) {
	nc, err := nats.Connect(url, options...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	return nc, nil
}

// options are those of any connection: it connects again by itself, for ever.
func (o ClientOptions) options() []nats.Option {
	connected := func(*nats.Conn) { o.Connected() }
	return []nats.Option{
		nats.Name("readback"),
		nats.MaxReconnects(-1),
		nats.RetryOnFailedConnect(true),
		nats.IgnoreAuthErrorAbort(), // the operator may allow later what is refused now
		nats.ReconnectBufSize(-1),   // an append that waits for a connection has to fail instead
		nats.CustomReconnectDelay(func(attempts int) time.Duration {
			return backoff.Jitter(min(time.Duration(attempts)*100*time.Millisecond, 2*time.Second))
		}),
		nats.ConnectHandler(connected),
		nats.ReconnectHandler(connected),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				o.Log.Warn("NATS connection lost", "error", err)
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { o.logError(err) }),
	}
}

// logError logs an error of NATS, and masks the subscribers in its subjects.
func (o ClientOptions) logError(err error) {
	o.Log.Warn("NATS error", "error", maskSubjects(err.Error(), o.Mask))
}

// maskSubjects masks the subscribers in the subjects of a text.
func maskSubjects(text string, mask func(number string) string) string {
	return subscriberSubject.ReplaceAllStringFunc(text, func(subject string) string {
		at := strings.LastIndexByte(subject, '.') + 1
		return subject[:at] + mask(subject[at:])
	})
}

var subscriberSubject = regexp.MustCompile(`readback\.(reads|verdicts)\.\d+`)
