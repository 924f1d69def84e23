package relay

import (
	"log/slog"
	"testing"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp/receipt"
)

// book is an index with an applier, for tests of what reads the index. The test writes the log.
type book struct {
	t   testing.TB
	ix  *index.Index
	a   *index.Applier
	seq uint64 // of the last message
}

func newBook(t testing.TB) *book {
	t.Helper()
	ix, err := index.Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ix.Close() })
	return &book{t: t, ix: ix, a: &index.Applier{Index: ix, Events: func([]byte) bool { return true }}}
}

// write applies the records as one message of the log.
func (l *book) write(all ...journal.Record) {
	l.t.Helper()
	l.seq++
	data, changes := journal.AppendHeader(nil, journal.Header{Epoch: 3, Serial: l.seq}), false
	for i := range all {
		r := &all[i]
		data = journal.Append(data, r)
		changes = changes || r.Kind.Changes() || r.Kind == journal.KindAccepted && r.Part.Total > 1
	}
	if _, err := l.a.Apply(l.seq, data, changes); err != nil {
		l.t.Fatal(err)
	}
}

// acceptedOf is the record of a message that the SMSC accepted.
func acceptedOf(p journal.Place, id string) journal.Record {
	return journal.Record{
		Kind: journal.KindAccepted, Place: p, Bound: p.Ordinal + 1, At: 1000, Account: []byte("bank"), MessageID: []byte(id),
		From: message.Address{TON: 5, Addr: p.Conv.Sender}, To: message.Address{TON: 1, NPI: 1, Addr: p.Conv.Receiver},
	}
}

// Values of message_state.
const (
	stateDelivered     = byte(receipt.Delivered)
	stateExpired       = byte(receipt.Expired)
	stateUndeliverable = byte(receipt.Undeliverable)
	stateUnknown       = byte(receipt.Unknown)
	stateRejected      = byte(receipt.Rejected)
)
