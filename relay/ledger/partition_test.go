package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// partition is a ledger that runs on a log in memory.
type partition struct {
	*Partition
	t    testing.TB
	log  *journal.Memory
	dir  string // of the index
	opt  Options
	stop func() error // ends it cleanly, once
	kill func()       // ends it as kill -9 would: no stop record is written, and what is in memory is lost
	lost func() error // waits until the log is lost
	rise func()       // begins again after that
}

// runLedger runs a ledger on an empty log.
func runLedger(t testing.TB) *partition {
	return runLedgerOn(t, new(journal.Memory), t.TempDir(), ledgerOptionsOfTest())
}

func ledgerOptionsOfTest() Options {
	return Options{
		First: 1, Last: 257, Conversations: 1024, Keep: 168 * time.Hour,
		Logger: slog.New(slog.DiscardHandler),
	}
}

// runLedgerOn runs a ledger on a log, with its index in dir.
func runLedgerOn(t testing.TB, log *journal.Memory, dir string, opt Options) *partition {
	t.Helper()
	ix, err := index.Open(dir, opt.Logger)
	if err != nil {
		t.Fatal(err)
	}
	p := &partition{Partition: New(opt, ix, NewStatus()), t: t, log: log, dir: dir, opt: opt}
	err = p.Begin(relaytest.Deadline(t), log.Open())
	for refused := (*journal.RefusedError)(nil); errors.As(err, &refused); { // the writer before was quicker
		err = p.Begin(relaytest.Deadline(t), log.Open())
	}
	if err != nil {
		t.Fatal(errors.Join(err, ix.Close()))
	}
	p.status.Set(nil)
	stop, ended := make(chan struct{}), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go p.ResolveReceipts(ctx)
	go func() { ended <- p.Run(ctx, stop) }()
	p.stop = sync.OnceValue(func() error {
		p.status.End(ErrStopped)
		close(stop)
		err := <-ended
		cancel()
		return errors.Join(err, ix.Close())
	})
	p.lost = func() error { return relaytest.Receive(t, ended) }
	p.rise = func() {
		if err := p.Begin(relaytest.Deadline(t), log.Open()); err != nil {
			t.Fatal(err)
		}
		p.status.Set(nil)
		go func() { ended <- p.Run(ctx, stop) }()
	}
	p.kill = func() {
		cancel()
		_ = ix.Discard()
		_ = p.stop()
	}
	t.Cleanup(func() { _ = p.stop() })
	return p
}

// again runs the ledger on the same log and index, after stop or kill.
func (p *partition) again() *partition {
	p.t.Helper()
	return runLedgerOn(p.t, p.log, p.dir, p.opt)
}

// loseIndex removes the index, after stop or kill.
func (p *partition) loseIndex() {
	if err := os.RemoveAll(p.dir); err != nil {
		p.t.Error(err)
	}
}

// accept says that the SMSC took s, and waits until that is in the log.
func (p *partition) accept(s *Sent, id string) {
	w := make(relaytest.Logged, 1)
	p.Accept(s, []byte(id), w, 7)
	<-w
}

// submit sends a message that the SMSC takes.
func (p *partition) submit(c message.Conversation, id string) *Sent {
	p.t.Helper()
	s := toSend(c)
	if err := p.Assign(s); err != nil {
		p.t.Fatalf("assign: %v", err)
	}
	p.accept(s, id)
	return s
}

// read says that the message was read, and waits until that is in the index.
func (p *partition) read(s *Sent) message.Verdict {
	return p.report(s, message.StatusRead)
}

// report says what became of the message, and waits until that is in the index.
func (p *partition) report(s *Sent, status uint8) message.Verdict {
	return p.Partition.Submit(relaytest.Deadline(p.t), journal.KindRead, func(dst []byte) []byte {
		return journal.AppendRead(dst, &journal.Record{
			Place: journal.Place{Conv: s.Conversation, Day: s.day, Number: s.Number, Ordinal: s.ordinal}, Status: status, ReadAt: 1, At: 1,
		})
	})
}

// outbox returns the feedback that waits in the index.
func (p *partition) outbox() (all []message.Feedback) {
	p.t.Helper()
	rows, err := p.index.Outbox(index.FeedbackOutbox, 0, 0, 1<<20)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, row := range rows {
		var fb message.Feedback
		if err := json.Unmarshal(row.Body, &fb); err != nil {
			p.t.Fatal(err)
		}
		all = append(all, fb)
	}
	return all
}

// entries is what the index has of a conversation, the oldest message first.
func (p *partition) entries(c message.Conversation) (all []index.Entry) {
	p.t.Helper()
	p.CatchUp()
	if err := p.index.EachEntry(&c, func(f index.Found) bool {
		all = append(all, f.Entry)
		return true
	}); err != nil {
		p.t.Fatal(err)
	}
	slices.SortFunc(all, func(a, b index.Entry) int { return cmp.Compare(a.Ordinal, b.Ordinal) })
	return all
}

// route records the account of a message_id, and waits until that is in the log.
func (p *partition) route(account, id string) {
	p.t.Helper()
	w := make(relaytest.Logged, 1)
	p.Route(account, journal.Place{}, []byte(id), w, 9)
	if token := relaytest.Receive(p.t, w); token != 9 {
		p.t.Errorf("route of %s: told with token %d, want 9", id, token)
	}
}
