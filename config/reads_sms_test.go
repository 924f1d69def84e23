package config

import (
	"slices"
	"strings"
	"testing"
)

// reads.sms asks for proofs where messages carry them, and takes the words of earlier releases.
func TestReadsBySMS(t *testing.T) {
	const proofs = "track: {proof: true, proof_keys: [../testdata/config/proof.key]}\n"
	tests := []struct {
		name, content string
		args          []string
		want          string // the value, and the warning of reads.sms or the error
	}{
		{"default", "", nil, "vouched"},
		{"default with proofs", proofs, nil, "proof"},
		{"vouched", "reads: {sms: vouched}", nil, "vouched"},
		{"vouched with proofs", proofs + "reads: {sms: vouched}", nil, "vouched, whoever can send a message under a subscriber's number"},
		{"proof", proofs + "reads: {sms: proof}", nil, "proof"},
		{"proof without proofs", "reads: {sms: proof}", nil, "proof, and messages carry none"},
		{"off", proofs + "reads: {sms: off}", nil, "off"},
		{"true", "reads: {sms: true}", nil, "vouched"},
		{"true with proofs", proofs + "reads: {sms: true}", nil, "proof, true stands for proof now"},
		{"false", proofs + "reads: {sms: false}", nil, "off"},
		{"false as text", "reads: {sms: 'false'}", nil, "off"},
		{"false as a flag", "", []string{"--set", "reads.sms=false"}, "off"},
		{"true as a flag", proofs, []string{"--set", "reads.sms=true"}, "proof, true stands for proof now"},
		{"unknown", "reads: {sms: yes}", nil, "unknown value (hint: vouched, proof or off)"},
		{"a number", "reads: {sms: 1}", nil, "found a whole number (hint: vouched, proof or off)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := load(t, strings.ReplaceAll(tt.content, "../testdata/config", files), tt.args...)
			got := cfg.Reads.SMS
			if i := slices.IndexFunc(cfg.Warnings, func(w string) bool { return strings.Contains(w, "reads.sms:") }); i >= 0 {
				_, text, _ := strings.Cut(cfg.Warnings[i], "reads.sms: ")
				got += ", " + text
			}
			if err != nil {
				got = err.Error()
			}
			isWhole := !strings.Contains(tt.want, " ")
			if isWhole && got != tt.want || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
