package relay

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Embedded is the value of Options.NATS for the server within the process.
const Embedded = "embedded"

// Options of a Relay. DefaultOptions is the base; Store must be set.
type Options struct {
	NATS   string // Embedded, or the URLs of a cluster, comma-separated
	Creds  string // credentials file for the cluster
	NKey   string // nkey seed file for the cluster
	Store  string // directory of the index and of the embedded server's streams
	Listen string // host:port on which the embedded server listens too; empty: in process only
	// Ways into the embedded server for handsets and app backends; nil: none.
	MQTT, WebSocket *Listener
	MaxClients      int // of both, at a time

	Replicas int           // of each stream; 1 with the embedded server
	Sync     time.Duration // how often the embedded server syncs its files; 0: at each append

	Keep        time.Duration // how long a message can be read
	First, Last uint16        // the numbers of a conversation, at least 2·W of them
	Proofs      Proofs        // what read responses may show; zero: none is looked at

	Conversations int             // conversations held in memory; what is out is held beyond that
	ReadWait      time.Duration   // how long a read response waits for the SMSC's answer to its message
	TellTimeout   time.Duration   // how long a Teller may take
	Backoff       []time.Duration // between tries of a feedback; the last one repeats

	// SameID tells whether the message_id of a receipt, the first, is that of a message, the
	// second; nil: when they are equal.
	SameID func(receipt, message []byte) bool

	Settings // that may change while the relay runs

	Auth    []string // AuthNone, …: who may send read responses, by any one of them
	APIKeys []APIKey // that callers show
	Tokens  Tokens   // whose their tokens are; nil: nobody's

	ReadRate     int           // read responses a minute for each receiver; 0: no limit
	ReadBurst    int           // of them at once
	ReplayWindow time.Duration // within which an id stands for one content; 0: not looked at
	Origins      []string      // web pages that may call the HTTP API, as scheme://host

	Audit      bool                  // log verdicts at level info; else at debug
	Logger     *slog.Logger          // nil: nothing is logged
	Registerer prometheus.Registerer // nil: metrics are counted for nobody
}

// DefaultOptions returns Options that lack only the Store.
func DefaultOptions() Options {
	return Options{
		NATS:          Embedded,
		Replicas:      1,
		Sync:          250 * time.Millisecond,
		Keep:          168 * time.Hour,
		First:         1,
		Last:          257,
		Conversations: 1 << 18,
		MaxClients:    10000,
		ReadWait:      10 * time.Second,
		TellTimeout:   30 * time.Second,
		Backoff: []time.Duration{
			time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute,
		},
		SameID:       likeID,
		Settings:     Settings{FeedbackKeep: 72 * time.Hour, Mask: true},
		Auth:         []string{AuthNone},
		ReadRate:     600,
		ReadBurst:    1000, // one array
		ReplayWindow: 10 * time.Minute,
		Audit:        true,
	}
}

// Validate names everything that is wrong with the options.
func (o *Options) Validate() error {
	check := func(ok bool, format string, args ...any) error {
		if ok {
			return nil
		}
		return fmt.Errorf(format, args...)
	}
	embedded := o.NATS == Embedded
	err := errors.Join(
		check(o.NATS != "", "nats: neither %q nor a URL", Embedded),
		check(o.Store != "", "store: no directory"),
		check(o.numbers() >= 2*window, "numbers: %d to %d are fewer than %d", o.First, o.Last, 2*window),
		check(o.Replicas == 1 || !embedded && (o.Replicas == 3 || o.Replicas == 5),
			"replicas: %d: want 1, or 3 or 5 in a cluster", o.Replicas),
		check(o.Sync >= 0, "sync: %s is negative", o.Sync),
		check(o.Keep >= time.Hour, "keep: %s is under an hour", o.Keep),
		o.Settings.Validate(),
		check(o.Conversations >= shards, "conversations: %d is under %d", o.Conversations, shards),
		check(o.ReadWait > 0, "read wait: %s is not positive", o.ReadWait),
		check(o.TellTimeout > 0, "tell timeout: %s is not positive", o.TellTimeout),
		check(len(o.Backoff) > 0, "backoff: no steps"),
		check(o.ReadRate == 0 || o.ReadRate > 0 && o.ReadBurst > 0, "read rate: %d with a burst of %d", o.ReadRate, o.ReadBurst),
		check(o.ReplayWindow >= 0, "replay window: %s is negative", o.ReplayWindow),
		check(embedded || o.Listen == "", "listen: %q is for the embedded server only", o.Listen),
		check(!embedded || o.Creds == "" && o.NKey == "", "creds, nkey: are for a cluster only"),
	)
	if o.Listen != "" {
		if _, _, e := net.SplitHostPort(o.Listen); e != nil {
			err = errors.Join(err, fmt.Errorf("listen: %w", e))
		}
	}
	return errors.Join(err, o.validateListeners(), o.validateAuth())
}

// numbers is how many numbers a cycle has.
func (o *Options) numbers() uint64 {
	if o.Last < o.First {
		return 0
	}
	return uint64(o.Last-o.First) + 1
}

func (o *Options) logger() *slog.Logger {
	if o.Logger != nil {
		return o.Logger
	}
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}
