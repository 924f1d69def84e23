package relay

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/index"
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

// ledgerOn is a ledger on an index, without a log.
func ledgerOn(opt *Options, ix *index.Index) *Ledger {
	return newLedger(ledgerOptions{
		First: opt.First, Last: opt.Last, Conversations: opt.Conversations, Keep: opt.Keep, SameID: opt.SameID,
		Logger: slog.New(slog.DiscardHandler),
	}, ix, newStatus())
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
	a := &index.Applier{Index: r.index}
	if _, err := a.Apply(seq, appendTo(journal.AppendHeader(nil, journal.Header{Epoch: 1, Serial: seq})), true); err != nil {
		t.Fatal(err)
	}
}

// idleLedger is a ledger that is up, and the head of the only conversation that it has in memory.
// It has neither a log nor an index. Records stay in its queue.
func idleLedger(t *testing.T) (*Ledger, *head) {
	t.Helper()
	opt := testOptions(t)
	l := ledgerOn(&opt, &index.Index{})
	l.status.set(nil)
	h := &head{conv: relaytest.Conversation(t, "10690001", "447700900123")}
	l.table.of(&h.conv.Receiver).add(h, 1, time.Now())
	return l, h
}

// mustAssign gives s a number.
func (l *Ledger) mustAssign(t *testing.T, s *Sent) *Sent {
	t.Helper()
	if err := l.Assign(s); err != nil {
		t.Fatal(err)
	}
	return s
}

// takeRecords takes all records from the queue of the log.
func (l *Ledger) takeRecords(t *testing.T) (all []journal.Record) {
	t.Helper()
	for b := l.queue.take(); b != nil; b = l.queue.take() {
		r, err := journal.ParseBatch(b.buf)
		if err != nil {
			t.Fatal(err)
		}
		for rec := (journal.Record{}); r.Next(&rec); {
			all = append(all, rec)
		}
	}
	return all
}

// ofKind returns the records of a kind.
func ofKind(all []journal.Record, k journal.Kind) []journal.Record {
	return slices.DeleteFunc(all, func(r journal.Record) bool { return r.Kind != k })
}
