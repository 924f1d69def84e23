package relay

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/broker"
	"readback/relay/feedback"
	"readback/relay/index"
	"readback/relay/intake"
	"readback/relay/journal"
	"readback/relay/relaytest"
)

// openedRelay is a relay with an index and a ledger that has not begun. It has no NATS, and none of
// its goroutines run: the test calls what they would call.
func openedRelay(t *testing.T) *Relay {
	t.Helper()
	opt := testOptions(t)
	opt.NATS = "nats://127.0.0.1:1" // the relay does not connect
	opt.FeedbackKeep = time.Hour
	opt.Registerer = prometheus.NewRegistry()
	r := openedStore(t, opt)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// openedStore is a relay with its store open, which does not run.
func openedStore(t testing.TB, opt Options) *Relay {
	t.Helper()
	r, err := Open(opt)
	if err == nil {
		err = r.openStore()
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// withStreams connects an idle relay to a NATS server that has the streams.
func (r *Relay) withStreams(t *testing.T) *Relay {
	t.Helper()
	js := testStreams(t)
	r.conn.Store(&connection{Connection: broker.Connection{NC: js.Conn(), JS: js}, end: func() {}})
	r.log = (&relaytest.LogLines{}).Logger()
	r.feedback.Connect(js)
	return r
}

// applyRecords brings records into the index of an idle relay, as message seq of the log.
func (r *Relay) applyRecords(t *testing.T, seq uint64, appendTo func(dst []byte) []byte) {
	t.Helper()
	a := &index.Applier{Index: r.index}
	if _, err := a.Apply(seq, journal.Seal(appendTo(journal.AppendHeader(nil, journal.Header{Epoch: 1, Serial: seq}))), true); err != nil {
		t.Fatal(err)
	}
}

// makeStreams makes the streams of a relay.
func makeStreams(ctx context.Context, js jetstream.JetStream, opt *Options) (*jetstream.StreamInfo, error) {
	streams := slices.Concat(intake.Streams(opt.MQTT != nil), feedback.Streams(&opt.Settings.Settings))
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

// notBegun is a relay that has not begun yet, with an empty log.
func notBegun(t *testing.T) *Relay {
	t.Helper()
	return openedRelay(t).withStreams(t)
}
