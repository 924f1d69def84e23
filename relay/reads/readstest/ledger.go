// Package readstest has a ledger for the tests of what takes read responses. Its records go to an
// index at once.
package readstest

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// lastNumber is the last number of a cycle. The first is 1.
const lastNumber = 257

// Ledger is a ledger without a log. A test sends its messages.
type Ledger struct {
	Index *index.Index

	// Before is called before a record is applied; nil: nothing is called. It may be set until the
	// ledger is used.
	Before func(k journal.Kind)

	t testing.TB

	// Guarded by mu.
	mu      sync.Mutex
	down    bool
	applier *index.Applier
	seq     uint64                          // of the last record
	next    map[message.Conversation]uint64 // ordinals
	open    []*Message                      // that the SMSC has not answered
}

// Message is a message that has a number.
type Message struct {
	message.Conversation
	Number  uint16
	At      time.Time
	Account string // that sent it; empty: bank

	ordinal uint64
	changed chan struct{} // closed when the SMSC has answered
	asked   chan struct{} // has a value when a read response waits for that
}

// NewLedger returns a ledger without messages, on an index that is closed when the test ends.
func NewLedger(t testing.TB) *Ledger {
	t.Helper()
	ix, err := index.Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ix.Close() })
	return &Ledger{Index: ix, t: t, applier: &index.Applier{Index: ix}, next: make(map[message.Conversation]uint64)}
}

// Send sends a message that the SMSC accepts as id.
func (l *Ledger) Send(c message.Conversation, id string) *Message {
	return l.SendAt(c, id, time.Now())
}

// SendAt is Send at a time.
func (l *Ledger) SendAt(c message.Conversation, id string, at time.Time) *Message {
	m := l.Assign(c)
	m.At = at
	l.Accept(m, id)
	return m
}

// SendOf is Send of a message of an account.
func (l *Ledger) SendOf(account string, c message.Conversation, id string) *Message {
	m := l.Assign(c)
	m.Account = account
	l.Accept(m, id)
	return m
}

// Assign gives a message a number. It is to be accepted or refused.
func (l *Ledger) Assign(c message.Conversation) *Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.next[c]
	l.next[c]++
	m := &Message{
		Conversation: c, Number: uint16(n%lastNumber) + 1, At: time.Now(),
		ordinal: n, changed: make(chan struct{}), asked: make(chan struct{}, 1),
	}
	l.open = append(l.open, m)
	return m
}

// Accept says that the SMSC accepted m.
func (l *Ledger) Accept(m *Message, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := m.At.UnixMilli()
	rec := journal.Record{
		Kind:  journal.KindAccepted,
		Place: journal.Place{Conv: m.Conversation, Day: message.DayOf(at), Number: m.Number, Ordinal: m.ordinal},
		Bound: m.ordinal + 1, At: at, Account: []byte(cmp.Or(m.Account, "bank")), MessageID: []byte(id),
		From: message.Address{TON: 5, Addr: m.Sender}, To: message.Address{TON: 1, NPI: 1, Addr: m.Receiver},
	}
	if _, err := l.apply(func(dst []byte) []byte { return journal.Append(dst, &rec) }); err != nil {
		l.t.Errorf("accept: %v", err)
	}
	l.close(m)
}

// Refuse says that the SMSC refused m.
func (l *Ledger) Refuse(m *Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.close(m)
}

func (l *Ledger) close(m *Message) {
	l.open = slices.DeleteFunc(l.open, func(o *Message) bool { return o == m })
	close(m.changed)
}

// Asked has a value when a read response waits for the SMSC's answer to m.
func (m *Message) Asked() <-chan struct{} { return m.asked }

// SetDown takes the ledger down, or brings it up again.
func (l *Ledger) SetDown(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
}

// IsUp reports whether records can be appended.
func (l *Ledger) IsUp() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.down
}

// Outstanding returns the senders of messages that the SMSC has not answered.
func (l *Ledger) Outstanding(receiver, sender *message.Addr, number uint16) (senders []message.Addr, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.open {
		if m.Receiver == *receiver && m.Number == number && (sender.IsZero() || m.Sender == *sender) {
			senders, changed = append(senders, m.Sender), m.changed
			select {
			case m.asked <- struct{}{}:
			default:
			}
		}
	}
	return senders, changed
}

// Standing returns what reports whether no later message has the number of a message.
func (l *Ledger) Standing(c *message.Conversation) (func(*journal.Place) bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := l.next[*c]
	return func(p *journal.Place) bool { return next <= p.Ordinal+lastNumber }, nil
}

// Submit applies a record, and returns the verdict on its outcome.
func (l *Ledger) Submit(_ context.Context, k journal.Kind, appendTo func(dst []byte) []byte) message.Verdict {
	if l.Before != nil {
		l.Before(k)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return message.LedgerDown()
	}
	res, err := l.apply(appendTo)
	if err != nil {
		return message.LedgerDown()
	}
	if res.Of(0).Outcome == index.Gone {
		return message.NoSuchMessage()
	}
	return message.Accept()
}

// Append is Submit in two steps.
func (l *Ledger) Append(k journal.Kind, appendTo func(dst []byte) []byte) (wait func(context.Context) message.Verdict) {
	came := make(chan message.Verdict, 1)
	go func() { came <- l.Submit(context.Background(), k, appendTo) }()
	return func(context.Context) message.Verdict { return <-came }
}

// Enqueue applies a record. It returns an error if the ledger is down.
func (l *Ledger) Enqueue(k journal.Kind, appendTo func(dst []byte) []byte) error {
	if l.Before != nil {
		l.Before(k)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return errors.New("ledger is down")
	}
	_, err := l.apply(appendTo)
	return err
}

// CatchUp does nothing, because the index has all records.
func (l *Ledger) CatchUp() {}

func (l *Ledger) apply(appendTo func(dst []byte) []byte) (*index.Result, error) {
	l.seq++
	return l.applier.Apply(l.seq, journal.Seal(appendTo(journal.AppendHeader(nil, journal.Header{Epoch: 1, Serial: l.seq}))), true)
}

// Find returns what the index has of a number; nil: nothing.
func (l *Ledger) Find(c message.Conversation, number uint16) *index.Found {
	l.t.Helper()
	f, err := l.Index.FindNumber(&c, number, relaytest.Any)
	if err != nil {
		l.t.Fatal(err)
	}
	return f
}
