package access

import (
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/relaytest"
)

func TestProofs(t *testing.T) {
	older, newer := []byte("sixteen octets a"), []byte("sixteen octets b")
	c := relaytest.Conversation(t, "10690001", "447700900101")
	other := relaytest.Conversation(t, "10690001", "447700900102")
	at := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	proofs := func(keys ...[]byte) Proofs {
		p, err := NewProofs(keys...)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	sign := func(p Proofs, c message.Conversation, n uint16, at time.Time) string {
		tag := p.Sign(&c, n, at)
		return hex.EncodeToString(tag[:])
	}
	mine := sign(proofs(older), c, 17, at)
	for _, tt := range []struct {
		name string
		p    Proofs
		tag  string
		want bool
	}{
		{"right", proofs(older), mine, true},
		{"the key has moved on", proofs(newer, older), mine, true},
		{"the key is gone", proofs(newer), mine, false},
		{"of another number", proofs(older), sign(proofs(older), c, 18, at), false},
		{"of another receiver", proofs(older), sign(proofs(older), other, 17, at), false},
		{"a part of the next hour", proofs(older), sign(proofs(older), c, 17, at.Add(time.Hour)), true},
		{"of an earlier cycle", proofs(older), sign(proofs(older), c, 17, at.Add(-3*time.Hour)), false},
		{"cut short", proofs(older), mine[:6], false},
		{"longer", proofs(older), mine + "00", false},
		{"absent", proofs(older), "", false},
		{"not hex", proofs(older), "xyz", false},
		{"no key", Proofs{}, mine, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.p.Check(&c, 17, at, tt.tag); got != tt.want {
				t.Errorf("Check = %v, want %v", got, tt.want)
			}
		})
	}
	// What handsets hold must stay right across releases.
	if want := "eb3454c4"; mine != want {
		t.Errorf("proof of number 17 = %s, want %s", mine, want)
	}
}

func TestProofKeyTooShort(t *testing.T) {
	if _, err := NewProofs([]byte("short")); !errors.Is(err, errProofKey) {
		t.Errorf("NewProofs: %v, want errProofKey", err)
	}
}
