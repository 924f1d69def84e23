package config

import (
	"slices"
	"testing"
)

func TestTargets(t *testing.T) {
	tests := []struct {
		name string
		smsc SMSC
		want []string
	}{
		{"mirror", SMSC{Mode: mirror, Addr: "a:1"}, []string{"a:1"}},
		{"shared, one", SMSC{Mode: shared, Addr: "a:1"}, []string{"a:1"}},
		{"shared, several", SMSC{Mode: shared, Addr: "a:1", Addrs: []string{"b:1", "c:1"}}, []string{"b:1", "c:1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.smsc.Targets(); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
