package relay

import (
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

func TestSecondWriterFences(t *testing.T) {
	t.Parallel()
	s := relaytest.NATS(t, t.TempDir(), server.RANDOM_PORT)
	opt := testOptions(t)
	opt.NATS, opt.Logger = s.ClientURL(), nil
	first := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	first.submit(c, "id1")

	opt.Store = t.TempDir()
	second := start(t, opt)
	late := tracked(c)
	if err := first.Ledger().Assign(late); err != nil {
		t.Fatal(err)
	}
	first.accept(late, "id2")
	if err := first.WaitReady(relaytest.Deadline(t)); !errors.Is(err, journal.ErrFenced) {
		t.Errorf("first is down for good: got %v, want ErrFenced", err)
	}
	if s := second.submit(c, "id3"); s.Number <= late.Number {
		t.Errorf("second: got number %d, want one after %d", s.Number, late.Number)
	}
	if err := first.stop(); !errors.Is(err, journal.ErrFenced) {
		t.Errorf("stop of the first: got %v, want ErrFenced", err)
	}
}

func TestStoreIsLocked(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	start(t, opt)
	if _, err := Open(opt); err == nil || !strings.Contains(err.Error(), "in use by another readback") {
		t.Errorf("second open: got %v, want that it is in use", err)
	}
}
