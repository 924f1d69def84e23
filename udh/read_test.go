package udh

import (
	"encoding/hex"
	"testing"
)

func TestReadResponse(t *testing.T) {
	for _, tt := range []struct {
		name, ud string
		number   uint16
		status   byte
		proof    string
		ok       bool
	}{
		{"read", "05 8103001101", 17, 1, "", true},
		{"deleted unread, with text", "05 8103010102 4869", 257, 2, "", true},
		{"with proof", "09 8107001101 9F3A01C2", 17, 1, "9f3a01c2", true},
		{"behind another element", "09 9002ABCD 8103001101", 17, 1, "", true},
		{"a part of a message", "0A 0003640201 8103001101", 0, 0, "", false},
		{"of another length", "04 81020011", 0, 0, "", false},
		{"another element", "05 8003001101", 0, 0, "", false},
		{"broken header", "06 8103001101", 0, 0, "", false},
		{"nothing", "", 0, 0, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, status, proof, ok := ReadResponse(unhex(tt.ud), 0x81)
			if n != tt.number || status != tt.status || hex.EncodeToString(proof) != tt.proof || ok != tt.ok {
				t.Errorf("got %d %d %x %v, want %d %d %s %v", n, status, proof, ok, tt.number, tt.status, tt.proof, tt.ok)
			}
		})
	}
}
