package relay

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/setting"
	"readback/relay/access"
	"readback/relay/broker"
	"readback/relay/cdr"
	"readback/relay/feedback"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/reads"
	"readback/smpp/receipt"
)

// Embedded is the value of Options.NATS for the server within the process.
const Embedded = "embedded"

// Config is what the operator decides of a Relay. Each field is a setting: its key, default,
// bounds and explanation stand in its tags (internal/setting).
type Config struct {
	NATS     string        `key:"relay.nats" default:"embedded" form:"nats" secret:"userinfo" doc:"embedded, or the cluster as a comma list of nats:// and tls:// addresses"`
	Store    string        `key:"relay.store" default:"/var/lib/readback" form:"path" doc:"directory of the index and of the embedded server's streams"`
	Replicas int           `key:"relay.replicas" default:"1" among:"1,3,5" doc:"copies of each stream in a cluster"`
	Sync     time.Duration `key:"relay.sync" default:"250ms" range:"0s..1m" word:"always" doc:"how often the embedded server's files are synced; always is after each batch"`
	Keep     time.Duration `key:"relay.keep" default:"168h" range:"1h..8760h" doc:"how long a message can be read, unless the SMSC may deliver it later"`
	Memory   setting.Size  `key:"relay.memory" default:"128MiB" range:"16MiB..64GiB" doc:"memory that conversations and the cache of the index may take, half of it each, with what Go's garbage collector adds; whatever has no room is read from the index"`
	Listen   string        `key:"relay.listen" form:"bind" empty:"off" doc:"address on which the embedded server takes NATS clients, host:port; one that is not loopback needs relay.users; empty is none"`
	Creds    string        `key:"relay.creds" secret:"file" doc:"credentials file for the cluster"`
	NKey     string        `key:"relay.nkey" secret:"file" content:"restart" doc:"NKey seed file for the cluster"`

	Users []broker.User `key:"relay.users" wanted:"a list of {name, sha256, nkey, full}" doc:"list of {name, sha256, nkey, full}: who may use relay.listen, by a password, of which this is the SHA-256 in 64 hexadecimal digits, or by the public key of an NKey; it may send read responses to readback.reads and readback.reads.now, or everything with full: true; empty is everything for everybody"`

	Numbers `key:"track.numbers" doc:"the numbers of a conversation"`

	CDR cdr.Settings `key:"cdr" doc:"call detail records: a line of JSON for each numbered message"`

	access.Rules // say who may report a read

	reads.Limits

	Origins    []string `key:"reads.cors" form:"origin" example:"https://app.example" doc:"origins of web pages that may call the HTTP interface; empty is none"`
	Hosts      []string `key:"reads.hosts" form:"host" example:"api.example" doc:"names by which the HTTP interface may be asked with reads.auth none, beside localhost and its address: that of a proxy in front which passes its own on"`
	MaxClients int      `key:"reads.max_clients" default:"10000" range:"1..1000000" doc:"MQTT and WebSocket connections at a time that have authenticated; further ones are refused"`
	Audit      bool     `key:"log.audit" default:"true" doc:"a line at level info for each read response and its verdict; else at debug"`
}

// Numbers are the range that the numbers of a conversation run through, again and again.
type Numbers struct {
	First uint16 `key:"first" default:"1" follows:"carriage" range:"0..65535" doc:"first number of a cycle; 0 where carriage is text"`
	Last  uint16 `key:"last" default:"257" follows:"carriage" range:"0..65535" doc:"last number of a cycle; 255 where carriage is text, at most 999 for text and auto"`
}

// Options of a Relay: what the operator decides, and what only the process has.
// DefaultOptions is the base.
type Options struct {
	Config
	Settings // that may change while the relay runs
	feedback.DeliveryOptions

	// Ways into the embedded server for handsets and app backends; nil: none.
	MQTT, WebSocket *broker.Listener

	ListenTLS *tls.Config   // on the address Listen; nil: none
	Unknown   broker.Limits // of connections to the embedded server that have not authenticated

	Proofs access.Proofs // checks the proofs of read responses; zero: none is checked

	ReadWait time.Duration // how long a read response waits for the SMSC's answer to its message

	IDs receipt.IDs // how the SMSC writes message_ids

	// Sampled reports whether the steps of a message are given to Steps, after they are in the log. Both are called
	// by the goroutine of the ledger, which waits for them. Nil: those of no message are.
	Sampled func(*journal.Place) bool
	Steps   func([]index.Step)

	stopWithin time.Duration // bounds a clean stop; shorter in a test

	Logger     *slog.Logger          // nil: nothing is logged
	Registerer prometheus.Registerer // nil: metrics are counted for nobody
}

// DefaultOptions returns the Options of an operator who has decided nothing.
func DefaultOptions() Options {
	o := Options{
		ReadWait:        10 * time.Second,
		DeliveryOptions: feedback.DefaultDelivery(),
		stopWithin:      3 * time.Second,
	}
	setting.Defaults(&o.Config)
	setting.Defaults(&o.Settings)
	return o
}

// Validate names everything that a relay cannot work with. The bounds of the settings are
// narrower.
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
		check(o.numbers() >= ledger.MinNumbers, "numbers: %d to %d are fewer than %d", o.First, o.Last, ledger.MinNumbers),
		check(o.Replicas == 1 || !embedded && (o.Replicas == 3 || o.Replicas == 5),
			"replicas: %d: want 1, or 3 or 5 in a cluster", o.Replicas),
		check(o.Sync >= 0, "sync: %s is negative", o.Sync),
		check(o.Keep >= time.Hour, "keep: %s is under an hour", o.Keep),
		o.Settings.Validate(),
		check(o.conversations() >= ledger.MinConversations, "memory: %s is for fewer than %d conversations", o.Memory, ledger.MinConversations),
		check(o.ReadWait > 0, "read wait: %s is not positive", o.ReadWait),
		o.DeliveryOptions.Validate(),
		o.Limits.Validate(),
		o.CDR.Validate(o.Keep),
		check(embedded || o.Listen == "", "listen: %q is for the embedded server only", o.Listen),
		check(!embedded || o.Creds == "" && o.NKey == "", "creds, nkey: are for a cluster only"),
	)
	if o.Listen != "" {
		if _, _, e := net.SplitHostPort(o.Listen); e != nil {
			err = errors.Join(err, fmt.Errorf("listen: %w", e))
		}
		l := broker.Listener{Addr: o.Listen}
		err = errors.Join(err, check(len(o.Users) > 0 || l.IsLocal(), "listen: without users %s would let anyone in who reaches it", o.Listen))
	}
	return errors.Join(err, o.validateListeners(), o.validateAuth())
}

// collected is how much memory the process takes for each octet that is in use, since Go's garbage
// collector begins anew when that much has been added (GOGC).
const collected = 2

// conversations returns how many conversations are held in memory. Those that are not in the index are held
// beyond that.
func (o *Options) conversations() int { return int(o.Memory) / 2 / collected / ledger.ConversationSize }

// cache returns the size of the cache of the index.
func (o *Options) cache() int64 { return int64(o.Memory) / 2 / collected }

func (o *Options) validateListeners() error {
	var err error
	for name, l := range map[string]*broker.Listener{"mqtt": o.MQTT, "websocket": o.WebSocket} {
		if l == nil {
			continue
		}
		if e := l.Validate(); e != nil {
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

// validateAuth names everything that is wrong with who may report a read, and from where.
func (o *Options) validateAuth() error {
	err := o.Rules.Validate(o.Proofs)
	for _, l := range []*broker.Listener{o.MQTT, o.WebSocket} {
		if l != nil && !l.IsLocal() && slices.Contains(o.Auth, access.AuthNone) {
			err = errors.Join(err, fmt.Errorf("auth: %s would let anyone report a read who reaches %s", access.AuthNone, l.Addr))
		}
	}
	guard := http.NewCrossOriginProtection()
	for _, origin := range o.Origins {
		if e := guard.AddTrustedOrigin(origin); e != nil {
			err = errors.Join(err, fmt.Errorf("origins: %w", e))
		}
	}
	return err
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
