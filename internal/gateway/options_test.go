package gateway

import (
	"testing"

	"readback/internal/pool"
)

func TestSharedValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Options)
		ok     bool
	}{
		{"right", func(*Options) {}, true},
		{"mirror", func(o *Options) { o.Shared, o.SMSC = nil, "smsc:2775" }, true},
		{"mirror without SMSC", func(o *Options) { o.Shared = nil }, false},
		{"not valid", func(o *Options) { o.Shared.Binds = 0 }, false},
	}
	for _, tt := range tests {
		opt := DefaultOptions()
		opt.Shared = &pool.Config{Addrs: []string{"smsc:2775"}, Binds: 1}
		tt.change(&opt)
		if err := opt.Validate(); (err == nil) != tt.ok {
			t.Errorf("%s: got %v, want ok %t", tt.name, err, tt.ok)
		}
	}
}
