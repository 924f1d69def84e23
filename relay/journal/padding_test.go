package journal

import (
	"errors"
	"testing"

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
