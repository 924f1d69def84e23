package relay

import (
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/relaytest"
)

// A second gateway waits until the first one is gone, and then goes on with its numbers. It tells why it
// waits.
func TestSecondGatewayWaits(t *testing.T) {
	t.Parallel()
	s := relaytest.NATS(t, t.TempDir(), server.RANDOM_PORT)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	options := func() Options {
		opt := testOptions(t)
		opt.NATS, opt.Logger = s.ClientURL(), nil
		return opt
	}
	a, b := options(), options()
	owner := start(t, a)
	last := owner.submit(c, "id1").Number
	for i := range 3 { // they take turns, each with its own index
		newcomer, mine := launch(t, b), b
		if err := newcomer.waitReason("another gateway has the ledger"); !errors.Is(err, ledger.ErrStarting) || newcomer.Ready() == nil {
			t.Errorf("turn %d: got %v, ready %v, want that it waits", i, err, newcomer.Ready())
		}
		next := owner.submit(c, "id2").Number // it is not disturbed
		if next != last+1 {
			t.Errorf("turn %d: the owner goes on with %d, want %d", i, next, last+1)
		}
		if err := owner.stop(); err != nil {
			t.Errorf("turn %d: stop: %v", i, err)
		}
		if err := newcomer.WaitReady(relaytest.Deadline(t)); err != nil {
			t.Fatal(err)
		}
		if last = newcomer.submit(c, "id3").Number; last != next+1 {
			t.Errorf("turn %d: the newcomer goes on with %d, want %d", i, last, next+1)
		}
		owner, a, b = newcomer, mine, a
	}
}

// A gateway that was cut off for so long that another one took over waits, and takes the ledger again
// when that has gone.
func TestFencedGatewayResumes(t *testing.T) {
	t.Parallel()
	s := relaytest.NATS(t, t.TempDir(), server.RANDOM_PORT)
	opt := testOptions(t)
	opt.NATS, opt.Logger = s.ClientURL(), nil
	first := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	first.submit(c, "id1")
	late := tracked(c)
	if err := first.Ledger().Assign(late); err != nil {
		t.Fatal(err)
	}

	// Another one has begun an epoch, without asking who has the ledger, and is gone.
	stream, err := first.conn.Load().JS.Stream(relaytest.Deadline(t), journal.Stream)
	if err != nil {
		t.Fatal(err)
	}
	log, err := journal.NewJetStream(first.conn.Load().JS, stream.CachedInfo(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	at, err := first.index.Position()
	if err != nil {
		t.Fatal(err)
	}
	header := journal.Header{Epoch: at.Epoch + 1, Instance: 9, Serial: at.Serial + 1, Messages: at.Messages}
	batch := journal.AppendStart(journal.AppendHeader(nil, header), &journal.Record{First: opt.First, Last: opt.Last, At: at.Time})
	if err := log.Append(relaytest.Deadline(t), journal.Seal(batch)); err != nil {
		t.Fatal(err)
	}
	first.accept(late, "id2")
	if err := first.waitReason(journal.ErrFenced.Error()); !errors.Is(err, ledger.ErrDown) {
		t.Errorf("first: got %v, want that it is down", err)
	}
	if err := first.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	if s := first.submit(c, "id3"); s.Number <= late.Number {
		t.Errorf("first: got number %d, want one after %d", s.Number, late.Number)
	}
	first.read(c, late.Number) // the answer to its message came when the ledger was lost
}

func TestStoreIsLocked(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	start(t, opt)
	if _, err := Open(opt); err == nil || !strings.Contains(err.Error(), "in use by another readback") {
		t.Errorf("second open: got %v, want that it is in use", err)
	}
}
