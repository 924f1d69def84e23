package relay

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/index"
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
	r, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// withStreams connects an idle relay to a NATS server that has the streams.
func (r *Relay) withStreams(t *testing.T) *Relay {
	t.Helper()
	js := testStreams(t)
	r.conn.NC, r.conn.JS, r.log = js.Conn(), js, (&relaytest.LogLines{}).Logger()
	r.feedback.Connect(js)
	return r
}

// applyRecords brings records into the index of an idle relay, as message seq of the log.
func (r *Relay) applyRecords(t *testing.T, seq uint64, appendTo func(dst []byte) []byte) {
	t.Helper()
	a := &index.Applier{Index: r.index}
	if _, err := a.Apply(seq, appendTo(journal.AppendHeader(nil, journal.Header{Epoch: 1, Serial: seq})), true); err != nil {
		t.Fatal(err)
	}
}
