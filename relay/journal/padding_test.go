package journal

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go"

	"readback/relay/relaytest"
)

// Padding is in the file of the next batch only, as much as JetStream takes, and nobody reads it.
func TestPad(t *testing.T) {
	open, js := streamLog(t)
	l := open()
	size := func() uint64 { return relaytest.StreamState(t, js, Stream).Bytes }
	for i, tt := range []struct{ octets, least int }{{0, 0}, {1000, 1000}, {0, 0}, {1 << 20, MaxPadding}} {
		before := size()
		l.Pad(tt.octets)
		mustAppend(t, l, "batch")
		if got := int(size() - before); got < tt.least || got > tt.least+200 {
			t.Errorf("batch %d: got %d octets, want %d and those of the batch", i+1, got, tt.least)
		}
	}
	l = open()
	n := 0
	if err := l.Replay(t.Context(), 1, func(_ uint64, batch []byte) error {
		n++
		if string(batch) != "batch" {
			return errors.New("got another batch: " + string(batch))
		}
		return nil
	}); err != nil || n != 4 {
		t.Errorf("got %d batches, %v, want four", n, err)
	}
}

// A batch that the log has refused, because of its padding maybe, is appended again without.
func TestPadOnce(t *testing.T) {
	l := newScriptedLog(t)
	padded := make(chan int, 2)
	l.on(Subject, func(m *nats.Msg) {
		padded <- len(m.Header.Get(paddingHeader))
		l.respond(m, `{"error":{"code":400,"err_code":10054,"description":"message size exceeds maximum allowed"}}`)
	})
	l.Pad(1000)
	for _, want := range []int{1000, 0} {
		var refused *RefusedError
		if err := l.Append(relaytest.Deadline(t), []byte("batch")); !errors.As(err, &refused) {
			t.Errorf("got %v, want it refused", err)
		}
		if got := relaytest.Receive(t, padded); got != want {
			t.Errorf("got %d octets of padding, want %d", got, want)
		}
	}
}
