package index

import (
	"encoding/json"
	"log/slog"
	"testing"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// logbook is an index with an applier. The test writes the log.
type logbook struct {
	t        testing.TB
	ix       *Index
	a        *Applier
	seq      uint64   // of the last message
	messages uint64   // accepted so far
	result   Result   // of the last message
	rows     [][2]int // of the outbox that were added and taken, by message that did
}

func newLogbook(t testing.TB) *logbook {
	t.Helper()
	ix, err := Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ix.Close() })
	l := &logbook{t: t, ix: ix}
	l.a = &Applier{
		Index:  ix,
		Events: func([]byte) bool { return true },
	}
	return l
}

// bytes returns a message of the log with these records, and whether they may change entries.
func (l *logbook) bytes(all ...journal.Record) (data []byte, changes bool) {
	data = journal.AppendHeader(nil, journal.Header{Epoch: 3, Serial: l.seq, Messages: l.messages})
	for i := range all {
		r := &all[i]
		data = journal.Append(data, r)
		changes = changes || r.Kind.Changes() || r.Kind == journal.KindAccepted && r.Part.Total > 1
		if r.Kind == journal.KindAccepted || r.Kind == journal.KindLate {
			l.messages++
		}
	}
	return journal.Seal(data), changes
}

// write applies the records as one message of the log.
func (l *logbook) write(all ...journal.Record) []Outcome {
	l.t.Helper()
	l.seq++
	data, changes := l.bytes(all...)
	res, err := l.a.Apply(l.seq, data, changes)
	if err != nil {
		l.t.Fatal(err)
	}
	if l.result = *res; res.Added+res.Taken > 0 {
		l.rows = append(l.rows, [2]int{res.Added, res.Taken})
	}
	var came []Outcome
	for _, o := range res.outcomes {
		came = append(came, o.Outcome)
	}
	return came
}

// entry returns the entry at a place, or nil.
func (l *logbook) entry(p journal.Place) *Entry {
	l.t.Helper()
	f, err := l.ix.FindNumber(&p.Conv, p.Number, relaytest.Any)
	if err != nil {
		l.t.Fatal(err)
	}
	if f == nil {
		return nil
	}
	return &f.Entry
}

// rows are the JSON values of an outbox.
func rows[T any](l *logbook, prefix byte) (all []T) {
	l.t.Helper()
	found, err := l.ix.Outbox(prefix, 0, 0, 1000)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, row := range found {
		var v T
		if err := json.Unmarshal(row.Body, &v); err != nil {
			l.t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

func (l *logbook) feedback() []message.Feedback { return rows[message.Feedback](l, FeedbackOutbox) }

// changes are the types of the events.
func (l *logbook) changes() (all []message.Change) {
	for _, ev := range rows[message.Event](l, EventOutbox) {
		all = append(all, ev.Type)
	}
	return all
}

// testPlace is where the message of the tests stands.
func testPlace(t testing.TB) journal.Place {
	return journal.Place{Conv: relaytest.Conversation(t, "10690001", "447700900123"), Day: 20780, Number: 6, Ordinal: 5}
}

func readAt(p journal.Place, status uint8, at int64) journal.Record {
	return journal.Record{Kind: journal.KindRead, Place: p, Status: status, ReadAt: at, At: at + 1, ID: uint64(at)}
}

func receiptAt(p journal.Place, seq uint8, s message.State, at int64) journal.Record {
	return journal.Record{Kind: journal.KindReceipt, Place: p, PartSeq: seq, State: s, At: at}
}
