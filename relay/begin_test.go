package relay

import (
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
	if _, err := makeStreams(relaytest.Deadline(t), r.conn.Load().JS, &r.opt); err != nil {
		t.Fatal(err)
	}
	p := journal.Place{Conv: relaytest.Conversation(t, "10690001", "447700900123"), Day: message.DayOf(time.Now().UnixMilli()), Number: 1}
	accepted := journal.Record{
		Kind: journal.KindAccepted, Place: p, Bound: 1, At: 1, Account: []byte("bank"), MessageID: []byte("A"),
		From: message.Address{Addr: p.Conv.Sender}, To: message.Address{Addr: p.Conv.Receiver},
	}
	read := journal.Record{Kind: journal.KindRead, Place: p, Status: message.StatusRead, ReadAt: 1, At: 1}
	batch := journal.Seal(journal.Append(journal.Append(journal.AppendHeader(nil, journal.Header{Epoch: 1}), &accepted), &read))
	if _, err := r.conn.Load().JS.Publish(relaytest.Deadline(t), journal.Subject, batch); err != nil {
		t.Fatal(err)
	}
	if _, err := r.tryBegin(relaytest.Deadline(t), r.conn.Load()); err != nil {
		t.Fatal(err)
	}
	if got := relaytest.Metric(t, r.opt.Registerer.(*prometheus.Registry), "readback_feedback_outbox", ""); got != 1 {
		t.Errorf("outbox: got %v, want 1", got)
	}
}

// A log that cannot be read is tried again until it can. Meanwhile the status says why, and the log once.
func TestBeginIsTriedAgain(t *testing.T) {
	t.Parallel()
	js := testStreams(t)
	if _, err := js.Publish(relaytest.Deadline(t), journal.Subject, newerBatch); err != nil {
		t.Fatal(err)
	}
	opt, lines := testOptions(t), &relaytest.LogLines{}
	opt.NATS, opt.Logger = js.Conn().ConnectedUrl(), lines.Logger()
	r := launch(t, opt)
	err := r.waitReason("newer release")
	for range 3 { // tries
		changed, _ := r.status.Get()
		relaytest.Receive(t, changed)
	}
	if !errors.Is(err, ledger.ErrStarting) || r.Ready() == nil {
		t.Errorf("got %v, ready %v, want that it is starting", err, r.Ready())
	}
	if n := lines.Count("ledger cannot begin"); n != 1 {
		t.Errorf("got %d lines %q, want one for the reason", n, lines.All)
	}
	s, err := js.Stream(relaytest.Deadline(t), journal.Stream)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Errorf("the log can be read again: got %v", err)
	}
}

// waitReason waits until the status says text, and returns it.
func (r *running) waitReason(text string) error {
	r.t.Helper()
	for {
		changed, err := r.status.Get()
		if err != nil && strings.Contains(err.Error(), text) {
			return err
		}
		relaytest.Receive(r.t, changed)
	}
}
