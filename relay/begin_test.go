package relay

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// When it begins, a relay counts the feedback that waits in its outbox.
func TestBeginCountsTheOutbox(t *testing.T) {
	t.Parallel()
	r := notBegun(t)
	if _, err := makeStreams(relaytest.Deadline(t), r.conn.JS, &r.opt); err != nil {
		t.Fatal(err)
	}
	p := journal.Place{Conv: relaytest.Conversation(t, "10690001", "447700900123"), Day: message.DayOf(time.Now().UnixMilli()), Number: 1}
	accepted := journal.Record{
		Kind: journal.KindAccepted, Place: p, Bound: 1, At: 1, Account: []byte("bank"), MessageID: []byte("A"),
		From: message.Address{Addr: p.Conv.Sender}, To: message.Address{Addr: p.Conv.Receiver},
	}
	read := journal.Record{Kind: journal.KindRead, Place: p, Status: message.StatusRead, ReadAt: 1, At: 1}
	batch := journal.Append(journal.Append(journal.AppendHeader(nil, journal.Header{Epoch: 1}), &accepted), &read)
	if _, err := r.conn.JS.Publish(relaytest.Deadline(t), journal.Subject, batch); err != nil {
		t.Fatal(err)
	}
	if err := r.begin(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	if got := relaytest.Metric(t, r.opt.Registerer.(*prometheus.Registry), "readback_feedback_outbox", ""); got != 1 {
		t.Errorf("outbox: got %v, want 1", got)
	}
}

// begin gives up when the log cannot be read and when its context ends. Without NATS it reports
// that it is starting, and goes on.
func TestBeginGivesUp(t *testing.T) {
	t.Parallel()
	r := notBegun(t)
	ctx, cancel := context.WithCancel(relaytest.Deadline(t))
	cancel()
	if err := r.begin(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("no time: got %v, want %v", err, context.Canceled)
	}
	info, err := makeStreams(relaytest.Deadline(t), r.conn.JS, &r.opt)
	if err != nil || info.Config.Name != journal.Stream {
		t.Fatalf("got %+v, %v, want the log", info, err)
	}
	if _, err := r.conn.JS.Publish(relaytest.Deadline(t), journal.Subject, []byte("\x00 is no batch")); err != nil {
		t.Fatal(err)
	}
	var bad *journal.RecordError
	if err := r.begin(relaytest.Deadline(t)); !errors.As(err, &bad) || !strings.Contains(err.Error(), "log cannot be read") {
		t.Errorf("no batch in the log: got %v, want that it cannot be read", err)
	}

	r.conn.NC.Close() // NATS is away
	ctx, cancel = context.WithCancel(relaytest.Deadline(t))
	ended := make(chan error, 1)
	changed, _ := r.status.Get()
	go func() { ended <- r.begin(ctx) }()
	relaytest.Receive(t, changed)
	if _, err := r.status.Get(); !errors.Is(err, ledger.ErrStarting) {
		t.Errorf("without a connection: got %v, want that it is starting", err)
	}
	cancel()
	if err := relaytest.Receive(t, ended); !errors.Is(err, context.Canceled) {
		t.Errorf("end: got %v, want %v", err, context.Canceled)
	}
}
