package gateway

import (
	"context"
	"testing"
	"time"

	"readback/internal/testpeer"
	"readback/relay"
	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/message"
)

// storedLedger is the ledger of a relay, which can be started again on its store.
type storedLedger struct {
	*ledger.Partition
	t    testing.TB
	opt  relay.Options
	stop func()
}

// newStoredLedger returns the ledger of a relay that runs until the test ends.
func newStoredLedger(t testing.TB) *storedLedger {
	t.Helper()
	s := &storedLedger{t: t, opt: relay.DefaultOptions()}
	s.opt.Store, s.opt.Sync = t.TempDir(), time.Minute // the server's timer races with the making of a stream
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *storedLedger) start() {
	s.t.Helper()
	r, err := relay.Open(s.opt)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	s.stop = func() {
		cancel()
		if err := testpeer.Receive(s.t, "end of the relay", done); err != nil {
			s.t.Error(err)
		}
	}
	if err := r.WaitReady(testpeer.Within(s.t)); err != nil {
		s.t.Fatal(err)
	}
	s.Partition = r.Ledger()
}

// restart stops the relay and starts another one on its store. Nothing may be in transit.
func (s *storedLedger) restart() {
	s.t.Helper()
	s.stop()
	s.start()
}

// manyLedger is a real ledger behind the interface that tests give a gateway.
func manyLedger(t testing.TB) fakeLedger { return newStoredLedger(t).fake() }

// fake is the ledger, as it is when it is called, behind the interface that tests give a gateway.
func (s *storedLedger) fake() fakeLedger {
	return fakeLedger{
		concat: func(m *ledger.Sent, c ledger.Concatenation) ledger.Concatenation { return s.Concatenate(m, c) },
		assign: func(m *ledger.Sent) error { return s.Assign(m) },
		follow: func(m *ledger.Sent) bool { return s.Follow(m) },
		accept: func(m *ledger.Sent, id []byte, w ledger.Waiter, token uint64) { s.Accept(m, id, w, token) },
		cut:    func(m *ledger.Sent, c ledger.Split, w ledger.Waiter, token uint64) { s.AcceptSplit(m, c, w, token) },
		late:   func(m *ledger.Sent, id []byte) { s.AcceptLate(m, id) },
		refuse: func(m *ledger.Sent) { s.Refuse(m) },
		receipt: func(account string, c message.Conversation, id []byte, state message.State, by message.Session) {
			s.Receipt(account, c, id, state, by)
		},
		partOf: func(account string, c message.Conversation, key []byte) (journal.SplitPart, bool) {
			return s.PartOf(account, c, key)
		},
		partIDs: func(c message.Conversation, id, key []byte) [][]byte { return s.PartIDs(c, id, key) },
		owner:   func(account string, id []byte) *journal.IDOwner { return s.Owner(account, id) },
		merge: func(p journal.SplitPart, r message.PartReceipt, done func(*message.Merged, error)) {
			s.Merge(p, r, done)
		},
		take: func(account string, c *message.Conversation, id []byte, always bool) { s.Take(account, c, id, always) },
		route: func(account string, p journal.Place, id []byte, w ledger.Waiter, token uint64) {
			s.Route(account, p, id, w, token)
		},
		routed: func(c message.Conversation, id []byte) (string, bool) { return s.Routed(c, id) },
		await: func(ctx context.Context, c message.Conversation, id []byte) (string, bool) {
			return s.AwaitRoute(ctx, c, id)
		},
	}
}
