package pool

import "testing"

func TestConfigValidate(t *testing.T) {
	tests := []struct {
		name  string
		addrs []string
		binds int
		ok    bool
	}{
		{"right", []string{"smsc:2775"}, 1, true},
		{"several", []string{"smsc:2775", "smsc:2776"}, 3, true},
		{"no address", nil, 1, false},
		{"no port", []string{"smsc:2775", "smsc"}, 1, false},
		{"no binds", []string{"smsc:2775"}, 0, false},
	}
	for _, tt := range tests {
		c := Config{Addrs: tt.addrs, Binds: tt.binds}
		if err := c.Validate(); (err == nil) != tt.ok {
			t.Errorf("%s: got %v, want ok %t", tt.name, err, tt.ok)
		}
	}
}
