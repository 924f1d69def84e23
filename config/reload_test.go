package config

import (
	"slices"
	"testing"
)

func TestRestart(t *testing.T) {
	tests := []struct {
		name, before, after string
		want                []string
	}{
		{"nothing", "", "", nil},
		{"live", "", "track: {when: all, forward_ack_bits: true}\nfeedback: {form: receipt, webhook: {timeout: 1s}}\nlog: {level: warn, mask: false}", nil},
		{"accounts", "accounts: {a: {rate: 5}}", "accounts: {b: {}}", nil},
		{"another address", "listen: {addr: \":2775\"}", "listen: {addr: \":2777\", max_sessions: 5}", []string{"listen.addr", "listen.max_sessions"}},
		{"the form of the number", "", "track: {iei: 0x85, numbers: {last: 200}}", []string{"track.iei", "track.numbers.last"}},
		{"a list", "listen: {allow: [10.0.0.0/8]}", "listen: {allow: [10.0.0.0/8, 192.0.2.1]}", []string{"listen.allow"}},
		{"back again", "log: {format: text}", "log: {format: json}", []string{"log.format"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, err := load(t, tt.before)
			if err != nil {
				t.Fatal(err)
			}
			after, err := load(t, tt.after)
			if err != nil {
				t.Fatal(err)
			}
			if got := Restart(before, after); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
