package relay

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/broker"
	"readback/relay/feedback"
	"readback/relay/intake"
	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// waitDown returns when the relay is not ready.
func (r *running) waitDown() error {
	for {
		changed, err := r.status.Get()
		if err != nil {
			return err
		}
		relaytest.Receive(r.t, changed)
	}
}

func TestNATSAwayAndBack(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	s := relaytest.NATS(t, store, server.RANDOM_PORT)
	port := relaytest.Port(t, s)
	opt := testOptions(t)
	opt.NATS, opt.Logger = s.ClientURL(), nil
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	first := r.submit(c, "id1")
	pending := tracked(c)
	if err := r.Ledger().Assign(pending); err != nil {
		t.Fatal(err)
	}

	relaytest.Halt(s)
	r.accept(pending, "id2") // is told at once, or after the append's second
	if err := r.waitDown(); !errors.Is(err, ledger.ErrDown) || !errors.Is(err, journal.ErrUnreachable) {
		t.Errorf("reason: got %v, want ErrDown since NATS is away", err)
	}
	if err := r.Ready(); err == nil || err.Error() != "ledger is down: NATS is away: not connected" {
		t.Errorf("ready: got %v, want that NATS is away", err)
	}
	if err := r.Ledger().Assign(tracked(c)); !errors.Is(err, ledger.ErrDown) {
		t.Errorf("assign: got %v, want ErrDown", err)
	}
	if v := r.Reads().Submit(relaytest.Deadline(t), response(c, first.Number)); v.Kind != message.VerdictUnavailable {
		t.Errorf("read: got %+v, want 503", v)
	}

	relaytest.NATS(t, store, port)
	if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	r.read(c, first.Number)
	r.read(c, pending.Number)
	told := r.tellings("bank")
	for _, want := range []string{"id1", "id2"} {
		if fb := relaytest.Receive(t, told); fb.MessageIDs[0] != want {
			t.Errorf("feedback: got %v, want %s", fb.MessageIDs, want)
		}
	}
	if s := r.submit(c, "id3"); s.Number != pending.Number+1 {
		t.Errorf("number after the outage: got %d, want %d", s.Number, pending.Number+1)
	}
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

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

func TestNATSComesLater(t *testing.T) {
	t.Parallel()
	s := relaytest.NATS(t, t.TempDir(), server.RANDOM_PORT)
	port := relaytest.Port(t, s)
	relaytest.Halt(s)
	opt := testOptions(t)
	opt.NATS, opt.Logger = "nats://127.0.0.1:"+strconv.Itoa(port), nil
	r := launch(t, opt)
	if err := r.Ready(); err == nil {
		t.Error("ready without NATS")
	}
	if err := r.Ledger().Assign(tracked(relaytest.Conversation(t, "a", "1"))); !errors.Is(err, ledger.ErrDown) {
		t.Errorf("assign: got %v, want ErrDown", err)
	}
	relaytest.NATS(t, t.TempDir(), port)
	if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Error(err)
	}
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// makeStreams makes the streams of a relay.
func makeStreams(ctx context.Context, js jetstream.JetStream, opt *Options) (*jetstream.StreamInfo, error) {
	streams := slices.Concat(intake.Streams(opt.MQTT != nil), feedback.Streams(opt.FeedbackKeep))
	return broker.Connection{NC: js.Conn(), JS: js}.MakeStreams(ctx, opt.Replicas, append(streams, journal.StreamConfig(opt.Keep))...)
}

// testStreams connects to a NATS server that has the streams.
func testStreams(t *testing.T) jetstream.JetStream {
	t.Helper()
	js := relaytest.JetStream(t)
	opt := testOptions(t)
	if _, err := makeStreams(relaytest.Deadline(t), js, &opt); err != nil {
		t.Fatal(err)
	}
	return js
}

func TestStoreIsLocked(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	start(t, opt)
	if _, err := Open(opt); err == nil || !strings.Contains(err.Error(), "in use by another readback") {
		t.Errorf("second open: got %v, want that it is in use", err)
	}
}
