package ledger

import (
	"log/slog"
	"testing"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// ledgerOn is a ledger on an index, without a log.
func ledgerOn(ix *index.Index) *Partition {
	return New(ledgerOptionsOfTest(), ix, NewStatus())
}

// indexedLedger is a ledger that is up, on an empty index, without a log. Records stay in its
// queue.
func indexedLedger(t *testing.T) *Partition {
	t.Helper()
	ix, err := index.Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ix.Close() })
	l := ledgerOn(ix)
	l.beginForTest(1, 0)
	return l
}

// beginForTest makes l as if it had begun an epoch after others, all of which ended without a clean stop
// and had numbers that were assigned without claims. Nobody takes from its queue.
func (l *Partition) beginForTest(number, since uint64) {
	begun := &epoch{epoch: number, since: since}
	for e := uint64(1); e < number; e++ {
		begun.skips = append(begun.skips, index.Skip{Epoch: e, Own: window, Other: window})
	}
	l.begun.Store(begun)
	l.unclaimed.Store(true)
	l.queue.serve(true)
	l.queue.open(journal.Header{Epoch: number, Instance: 7}, &journal.Record{First: l.opt.First, Last: l.opt.Last})
	l.status.Set(nil)
}

// applyRecords brings records into the index of a ledger, as message seq of the log.
func (l *Partition) applyRecords(t *testing.T, seq uint64, appendTo func(dst []byte) []byte) {
	t.Helper()
	a := &index.Applier{Index: l.index}
	if _, err := a.Apply(seq, journal.Seal(appendTo(journal.AppendHeader(nil, journal.Header{Epoch: 1, Serial: seq}))), true); err != nil {
		t.Fatal(err)
	}
}

// idleLedger is a ledger that is up, and the head of the only conversation that it has in memory.
// It has neither a log nor an index. Records stay in its queue. The test refers to the head.
func idleLedger(t *testing.T) (*Partition, *head) {
	t.Helper()
	l := ledgerOn(index.New(t.TempDir(), slog.New(slog.DiscardHandler)))
	l.beginForTest(1, 0)
	h := l.table.addForTest(relaytest.Conversation(t, "10690001", "447700900123"))
	h.refer()
	return l, h
}

// addForTest adds a conversation to t.
func (t *table) addForTest(c message.Conversation) *head {
	sh, key := t.at(&c)
	return sh.add(key, &c, loaded{}, 1<<20, time.Now())
}

// mustAssign gives s a number.
func (l *Partition) mustAssign(t *testing.T, s *Sent) *Sent {
	t.Helper()
	if err := l.Assign(s); err != nil {
		t.Fatal(err)
	}
	return s
}

// takeRecords takes all records from the queue of the log.
func (l *Partition) takeRecords(t *testing.T) (all []journal.Record) {
	t.Helper()
	for b := l.queue.take(); b != nil; b = l.queue.take() {
		r, err := journal.ParseBatch(journal.Seal(b.buf))
		if err != nil {
			t.Fatal(err)
		}
		for rec := (journal.Record{}); r.Next(&rec); {
			all = append(all, rec)
		}
	}
	return all
}

// toSend is a submit_sm of the account bank.
func toSend(c message.Conversation) *Sent {
	return &Sent{
		Conversation: c, Account: "bank", At: time.Now(),
		From: message.Address{TON: 5, Addr: c.Sender}, To: message.Address{TON: 1, NPI: 1, Addr: c.Receiver},
	}
}

// servedQueue is a queue from which the test takes.
func servedQueue() *queue {
	q := newQueue()
	q.serve(true)
	return q
}
