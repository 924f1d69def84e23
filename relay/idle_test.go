package relay

import (
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

// idleRelay is a relay with an index and a ledger that is up. It has no NATS, and none of its
// goroutines run: the test calls what they would call. Records stay in the ledger's queue.
func idleRelay(t *testing.T) *Relay {
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
	r.status.set(nil)
	return r
}

// withStreams connects an idle relay to a NATS server that has the streams.
func (r *Relay) withStreams(t *testing.T) *Relay {
	t.Helper()
	js := testStreams(t)
	r.nc, r.js, r.log = js.Conn(), js, (&relaytest.LogLines{}).Logger()
	r.feedback.connect(js)
	r.feedback.log = r.log
	return r
}

// idleRelayOn is an idle relay on the index of l, with streams that the test acknowledges. Unlike
// idleRelay it starts no goroutine, so a test can create it in a synctest bubble.
func idleRelayOn(t *testing.T, l *book) (*Relay, *streams) {
	t.Helper()
	opt := testOptions(t)
	opt.Logger = nil
	opt.Registerer = prometheus.NewRegistry()
	r := &Relay{opt: opt, log: opt.logger(), metrics: newMetrics(opt.Registerer), status: newStatus(), index: l.ix, begun: make(chan struct{}), connection: &connection{}}
	r.settings.Store(&opt.Settings)
	r.ledger = r.newLedger()
	r.status.set(nil)
	r.feedback = r.makeFeedback()
	s := &streams{}
	r.feedback.connect(s)
	return r, s
}

// registry has the metrics of an idle relay.
func (r *Relay) registry() *prometheus.Registry { return r.opt.Registerer.(*prometheus.Registry) }

// applyRecords brings records into the index of an idle relay, as message seq of the log.
func (r *Relay) applyRecords(t *testing.T, seq uint64, appendTo func(dst []byte) []byte) {
	t.Helper()
	r.ledger.applyRecords(t, seq, appendTo)
}

// ofKind returns the records of a kind.
func ofKind(all []journal.Record, k journal.Kind) []journal.Record {
	return slices.DeleteFunc(all, func(r journal.Record) bool { return r.Kind != k })
}
