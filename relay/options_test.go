package relay

import (
	"strings"
	"testing"
	"time"

	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/relaytest"
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
		{"conversations", func(o *Options) { o.Conversations = 1 }, "conversations:"},
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

func TestMask(t *testing.T) {
	tests := []struct{ number, want string }{
		{"8613800138000", "861*********0"}, {"12345", "123*5"}, {"1234", "****"}, {"", ""},
	}
	for _, tt := range tests {
		if got := message.Mask(tt.number); got != tt.want {
			t.Errorf("mask of %q: got %q, want %q", tt.number, got, tt.want)
		}
	}
}

func TestNormalAddr(t *testing.T) {
	tests := []struct{ in, want string }{
		{"+8613800138000", "8613800138000"},
		{"008613800138000", "8613800138000"},
		{"8613800138000", "8613800138000"},
		{"MyBank", "mybank"},
		{"0012", "0012"},
		{"+bank", "+bank"},
		{"10690001", "10690001"},
	}
	for _, tt := range tests {
		if got := relaytest.Addr(t, tt.in).String(); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
	for _, in := range []string{"", strings.Repeat("1", 21)} {
		if _, err := message.NormalAddr(in); err == nil {
			t.Errorf("%q: got no error", in)
		}
	}
}

func TestStateMovesForward(t *testing.T) {
	tests := []struct{ from, to, want message.State }{
		{message.StateSent, message.StateDelivered, message.StateDelivered},
		{message.StateSent, message.StateFailed, message.StateFailed},
		{message.StateFailed, message.StateDelivered, message.StateDelivered},
		{message.StateDelivered, message.StateExpired, message.StateDelivered},
		{message.StateDelivered, message.StateRead, message.StateRead},
		{message.StateFailed, message.StateRead, message.StateRead},
		{message.StateRead, message.StateDelivered, message.StateRead},
		{message.StateRead, message.StateDeletedUnread, message.StateRead},
		{message.StateDeletedUnread, message.StateRead, message.StateDeletedUnread},
	}
	for _, tt := range tests {
		if got := tt.from.Forward(tt.to); got != tt.want {
			t.Errorf("%s to %s: got %s, want %s", tt.from, tt.to, got, tt.want)
		}
	}
}
