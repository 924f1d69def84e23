package ledger

import (
	"context"
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// acceptedWith appends the record of a message of the account bank.
func acceptedWith(dst []byte, c message.Conversation, id string) []byte {
	p := journal.Place{Conv: c, Day: message.DayOf(time.Now().UnixMilli()), Number: 1}
	return journal.AppendAccepted(dst, &journal.Record{
		Place: p, Bound: 1, At: 1, MessageID: []byte(id),
		From: message.Address{Addr: c.Sender}, To: message.Address{Addr: c.Receiver},
	}, "bank")
}

// A receipt that comes when the message is in the log, and not yet in the index, is recorded in its round.
func TestReceiptWaitsForTheIndex(t *testing.T) {
	l := indexedLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	l.applying.Lock()
	l.Receipt("bank", c, []byte("A"), message.StateDelivered, 0)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.round()
	}()
	for range 1000 { // enough to look it up too early
		runtime.Gosched()
	}
	l.applyRecords(t, 1, func(b []byte) []byte { return acceptedWith(b, c, "A") })
	l.applying.Unlock()
	<-ended
	if all := l.takeRecords(t); len(all) != 1 || all[0].Kind != journal.KindReceipt || len(l.early) > 0 {
		t.Errorf("got %+v queued and %d early, want one receipt", all, len(l.early))
	}
}

// The receipts of a round go into the log together, in their order, and the appender is woken once.
func TestReceiptsOfARound(t *testing.T) {
	l := indexedLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	l.applyRecords(t, 1, func(b []byte) []byte { return acceptedWith(b, c, "A") })
	states := []message.State{message.StateFailed, message.StateExpired, message.StateDelivered}
	for i := range 600 {
		l.Receipt("bank", c, []byte("A"), states[i%3], 0)
	}
	l.round()
	all := l.takeRecords(t)
	if len(all) != 600 {
		t.Fatalf("got %d records, want 600", len(all))
	}
	for i, rec := range all {
		if rec.State != states[i%3] {
			t.Fatalf("record %d: got %v, want %v", i, rec.State, states[i%3])
		}
	}
	if len(l.queue.wake) != 1 {
		t.Fatal("the appender is not woken")
	}
	<-l.queue.wake
	if len(l.passed) > 0 || len(l.found) > 0 {
		t.Errorf("got %d receipts and %d records left", len(l.passed), len(l.found))
	}
	if l.round(); l.queue.take() != nil || len(l.queue.wake) > 0 {
		t.Error("an empty round: got something queued")
	}
}

// Each receipt that is not recorded is counted: those that find no room among the early ones, those that the
// full queue of the log does not take, and those that the index cannot be asked about.
func TestReceiptsAreCounted(t *testing.T) {
	l := indexedLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for range maxStray + 5 {
		l.Receipt("bank", c, []byte("B"), message.StateDelivered, 0)
	}
	if l.round(); testutil.ToFloat64(l.unmatched) != 5 || testutil.ToFloat64(l.dropped) != 0 {
		t.Errorf("strays: got %v unmatched and %v dropped, want 5 and 0", testutil.ToFloat64(l.unmatched), testutil.ToFloat64(l.dropped))
	}
	l.table.addForTest(c).sent(out{})
	l.early = make([]passedReceipt, maxEarly)
	l.Receipt("bank", c, []byte("B"), message.StateDelivered, 0)
	if l.round(); testutil.ToFloat64(l.dropped) != 1 {
		t.Errorf("early: got %v dropped, want 1", testutil.ToFloat64(l.dropped))
	}
	l.applyRecords(t, 1, func(b []byte) []byte { return acceptedWith(b, c, "A") })
	l.queue.octets = maxQueuedOctets
	l.Receipt("bank", c, []byte("A"), message.StateDelivered, 0)
	l.Receipt("bank", c, []byte("A"), message.StateDelivered, 0)
	l.round()
	if drops, _ := l.queue.dropped(); drops != 2 {
		t.Errorf("the queue is full: got %d drops, want 2", drops)
	}
	if err := l.index.Close(); err != nil {
		t.Fatal(err)
	}
	l.Receipt("bank", c, []byte("A"), message.StateDelivered, 0)
	if l.round(); testutil.ToFloat64(l.dropped) != 2 {
		t.Errorf("no index: got %v dropped, want 2", testutil.ToFloat64(l.dropped))
	}
}

// What has come when the ledger stops is recorded before its log ends. While the ledger is down it waits.
func TestReceiptsAtTheEnd(t *testing.T) {
	l := indexedLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	l.applyRecords(t, 1, func(b []byte) []byte { return acceptedWith(b, c, "A") })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l.Receipt("bank", c, []byte("A"), message.StateDelivered, 0)
	<-l.wake
	l.status.Set(ErrDown)
	if l.ResolveReceipts(ctx); len(l.passed) != 1 {
		t.Errorf("while down: got %d that wait, want 1", len(l.passed))
	}
	l.status.Set(nil)
	l.ResolveReceipts(ctx)
	if all := l.takeRecords(t); len(all) != 1 || len(l.passed) > 0 {
		t.Errorf("got %+v, want one receipt", all)
	}
}

// While no receipt is early, nobody looks again but once a minute: ids may have expired.
func TestReceiptsIdle(t *testing.T) {
	ix, err := index.Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.Close() }()
	expire := func(day uint16) { // on another day than before, the ids have to be filled again
		if err := ix.Expire(day); err != nil {
			t.Fatal(err)
		}
	}
	expire(1)
	expire(2)
	synctest.Test(t, func(t *testing.T) {
		l := ledgerOn(ix)
		l.status.Set(nil)
		go l.ResolveReceipts(t.Context()) // until the bubble ends
		for _, step := range []struct {
			after time.Duration
			want  bool
		}{{lookAgain / 2, false}, {lookAgain, true}, {idleLook / 2, false}, {idleLook, true}} {
			if step.after == idleLook/2 {
				expire(3)
			}
			time.Sleep(step.after) // of the bubble
			synctest.Wait()
			if got := ix.HasFilledIDs(); got != step.want {
				t.Errorf("after %v: got the ids filled: %v, want %v", step.after, got, step.want)
			}
		}
	})
}
