package ledger

import (
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// After the loss of the index no message of the log can be applied, and the ledger is down for
// good. A waiter is told once all the same.
func TestWaiterIsToldOnce(t *testing.T) {
	p := runLedger(t)
	s := p.mustAssign(t, toSend(relaytest.Conversation(t, "10690001", "447700900123")))
	if err := p.index.Close(); err != nil {
		t.Fatal(err)
	}
	told := make(relaytest.Logged, 2)
	p.Accept(s, []byte("A"), told, 1)
	relaytest.Receive(t, told)
	if err := p.stop(); err == nil {
		t.Error("the loss of the index was not told")
	}
	if n := len(told); n > 0 {
		t.Errorf("told %d more times, want once in all", n)
	}
}

// After a clean stop each conversation goes on with the next number. However many numbers are
// without an answer, none is assigned again and none is skipped.
func TestStopCoversWhatIsGiven(t *testing.T) {
	p := runLedger(t)
	want := make(map[message.Conversation]uint64)
	for life := range 3 {
		for i := range window + 2 {
			c := relaytest.Conversation(t, "10690001", fmt.Sprint(447700900100+i))
			for range min(i, window-life) { // as many as may be out, less those without an answer
				s := p.mustAssign(t, toSend(c))
				if s.ordinal != want[c] {
					t.Errorf("life %d, conversation %d: got ordinal %d, want %d", life, i, s.ordinal, want[c])
				}
				want[c] = s.ordinal + 1
			}
		}
		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
		p = p.again()
	}
}

// testAppender is an appender of an empty log, and its ledger.
func testAppender(t *testing.T) *appender {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	ix, err := index.Open(t.TempDir(), logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ix.Close() })
	l := ledgerOn(ix)
	l.beginForTest(1, 0)
	l.status.Set(nil)
	return &appender{
		journal: new(journal.Memory).Open(), queue: l.queue, applier: &index.Applier{Index: ix}, applied: func(*index.Result) {},
		ledger: l, status: l.status, metrics: l.metrics, log: logger,
	}
}

// A stop writes all assigned numbers to the log, even if the queue has no room for the heads
// when the stop begins. Nothing follows the stop record, and the waiters of dropped records are
// told.
func TestStopWithFullQueue(t *testing.T) {
	a := testAppender(t)
	var sent []*Sent
	for i := range 5 {
		sent = append(sent, a.ledger.mustAssign(t, toSend(relaytest.Conversation(t, "10690001", fmt.Sprint(447700900100+i)))))
	}
	other := relaytest.Conversation(t, "10690001", "447700900199")
	for b := a.queue.begin(journal.KindHead); b != nil; b = a.queue.begin(journal.KindHead) {
		b.buf = journal.AppendHead(b.buf, &other, 1)
		a.queue.end(b)
	}
	told := make(relaytest.Logged, 1)
	a.ledger.Accept(sent[0], []byte("A"), told, 5)
	if err := a.stop(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	if token := relaytest.Receive(t, told); token != 5 {
		t.Errorf("waiter: got token %d, want 5", token)
	}
	for i, s := range sent {
		c := s.Conversation
		if epoch, next, err := a.ledger.index.Head(&c); epoch != 1 || next != 1 || err != nil {
			t.Errorf("conversation %d: got head %d in epoch %d, %v, want 1 in 1", i, next, epoch, err)
		}
	}
	at, err := a.ledger.index.Position()
	if err != nil || !at.Stopped || at.Seq != a.journal.Last() {
		t.Errorf("got %+v, %v, want a stop at %d", at, err, a.journal.Last())
	}
	if b := a.queue.begin(journal.KindHead); b != nil {
		t.Error("a record is let in behind the stop record")
	}
}

// What is queued by those who could run goes into the same append.
func TestYieldBeforeAppend(t *testing.T) {
	a := testAppender(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	add := func() {
		b := a.queue.begin(journal.KindHead)
		b.buf = journal.AppendHead(b.buf, &c, 1)
		a.queue.end(b)
	}
	add()
	added := false
	a.yield = sync.OnceFunc(func() { added = true; add() })
	before, stop := a.journal.Last(), make(chan struct{})
	close(stop)
	if err := a.run(t.Context(), stop); err != nil {
		t.Fatal(err)
	}
	if n := a.journal.Last() - before; n != 2 || !added {
		t.Errorf("got %d appends, another record %v, want one with both records and one of the stop", n, added)
	}
}

// The waiter of a dropped record is told although the queue is never empty.
func TestDropsAreToldInABusyQueue(t *testing.T) {
	a := testAppender(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	told, rounds := make(relaytest.Logged, 1), 0
	a.yield = func() {
		switch rounds++; {
		case len(told) > 0:
			return // the queue runs dry, and the log ends
		case rounds == 2:
			a.queue.tell(wait{told, 5})
		case rounds == 9:
			t.Fatal("not told in the rounds since")
		}
		b := a.queue.begin(journal.KindHead)
		b.buf = journal.AppendHead(b.buf, &c, 1)
		a.queue.end(b)
	}
	stop := make(chan struct{})
	close(stop)
	if err := a.run(t.Context(), stop); err != nil || len(told) != 1 {
		t.Errorf("got %v, %d told, want one", err, len(told))
	}
}
