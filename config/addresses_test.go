package config

import "testing"

func TestAddresses(t *testing.T) {
	tests := []struct {
		name, a, b       string
		overlap, reaches bool
	}{
		{"same", "127.0.0.1:1", "127.0.0.1:1", true, true},
		{"other port", "127.0.0.1:1", "127.0.0.1:2", false, false},
		{"any port twice", "127.0.0.1:0", "127.0.0.1:0", false, false},
		{"all and loopback", "127.0.0.1:1", ":1", true, true},
		{"all and another host", "192.0.2.1:1", "0.0.0.0:1", true, false},
		{"all and a name", "smsc.example:1", "[::]:1", true, false},
		{"both loopback, two addresses", "127.0.0.1:1", "[::1]:1", false, false},
		{"localhost", "localhost:1", "127.0.0.1:1", true, true},
		{"off", "", "127.0.0.1:1", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := overlap(tt.a, tt.b); got != tt.overlap {
				t.Errorf("overlap: got %v, want %v", got, tt.overlap)
			}
			if got := reaches(tt.a, tt.b); got != tt.reaches {
				t.Errorf("reaches: got %v, want %v", got, tt.reaches)
			}
		})
	}
}
