package relay

import (
	"strings"
	"testing"
	"time"

	"readback/relay/access"
	"readback/relay/ledger"
)

func TestOptionsValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Options)
		want   string // in the error; empty: none
	}{
		{"default", func(*Options) {}, ""},
		{"cluster", func(o *Options) { o.NATS, o.Replicas, o.Creds = "nats://a:4222,nats://b:4222", 3, "f" }, ""},
		{"no NATS", func(o *Options) { o.NATS = "" }, "nats:"},
		{"no store", func(o *Options) { o.Store = "" }, "store:"},
		{"few numbers", func(o *Options) { o.First, o.Last = 1, 15 }, "numbers:"},
		{"turned numbers", func(o *Options) { o.First, o.Last = 10, 5 }, "numbers:"},
		{"all numbers", func(o *Options) { o.First, o.Last = 0, 65535 }, ""},
		{"replicas of the embedded server", func(o *Options) { o.Replicas = 3 }, "replicas:"},
		{"two replicas", func(o *Options) { o.NATS, o.Replicas = "nats://a", 2 }, "replicas:"},
		{"sync", func(o *Options) { o.Sync = -1 }, "sync:"},
		{"keep", func(o *Options) { o.Keep = time.Second }, "keep:"},
		{"feedback keep", func(o *Options) { o.FeedbackKeep = 0 }, "feedback keep:"},
		{"memory", func(o *Options) { o.Memory = 1 << 10 }, "memory:"},
		{"read wait", func(o *Options) { o.ReadWait = 0 }, "read wait:"},
		{"tell timeout", func(o *Options) { o.TellTimeout = 0 }, "tell timeout:"},
		{"backoff", func(o *Options) { o.Backoff = nil }, "backoff:"},
		{"listen of a cluster", func(o *Options) { o.NATS, o.Listen = "nats://a", "127.0.0.1:4222" }, "listen:"},
		{"listen without port", func(o *Options) { o.Listen = "127.0.0.1" }, "listen:"},
		{"nkey of the embedded server", func(o *Options) { o.NKey = "f" }, "nkey:"},
		{"unknown auth", func(o *Options) { o.Auth = []string{"jwt"} }, "auth:"},
		{"no key", func(o *Options) { o.Auth = []string{access.AuthAPIKey} }, "auth:"},
		{"short key", func(o *Options) { o.APIKeys = []access.APIKey{{SHA256: "abcd"}} }, "api key 1:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opt := DefaultOptions()
			opt.Store = "store"
			tt.change(&opt)
			err := opt.Validate()
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// The conversations and the cache of the index share the memory, with room for Go's garbage collector.
func TestMemoryIsShared(t *testing.T) {
	opt := testOptions(t)
	opt.Memory = 128 << 20
	if got := opt.conversations() * ledger.ConversationSize; got > 32<<20 || got < 31<<20 {
		t.Errorf("got %d octets of conversations, want a quarter of the memory", got)
	}
	r, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	if r.index.CacheSize != 32<<20 {
		t.Errorf("got a cache of %d octets, want a quarter of the memory", r.index.CacheSize)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
