package relaytest

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

// StreamState returns what a stream holds.
func StreamState(t testing.TB, js jetstream.JetStream, stream string) jetstream.StreamState {
	t.Helper()
	s, err := js.Stream(Deadline(t), stream)
	if err != nil {
		t.Fatalf("stream %s: %v", stream, err)
	}
	return s.CachedInfo().State
}

// WantMessages waits until a stream has so many messages.
func WantMessages(t testing.TB, js jetstream.JetStream, stream string, want uint64) {
	t.Helper()
	for ctx := Deadline(t); ; {
		s, err := js.Stream(ctx, stream)
		if err != nil {
			t.Fatalf("stream %s: %v, want %d messages", stream, err, want)
		}
		if s.CachedInfo().State.Msgs == want {
			return
		}
	}
}
