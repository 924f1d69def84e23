package feedback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// testIndex is an index to which the test brings records.
type testIndex struct {
	*index.Index
	t       testing.TB
	applier *index.Applier

	mu  sync.Mutex
	seq uint64 // guarded by mu: of the last message of the log
}

func newTestIndex(t testing.TB) *testIndex {
	t.Helper()
	ix, err := index.Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ix.Close() })
	return &testIndex{Index: ix, t: t, applier: &index.Applier{Index: ix, Events: func([]byte) bool { return true }}}
}

// write applies records as one message of the log.
func (ix *testIndex) write(all ...journal.Record) {
	ix.t.Helper()
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.seq++
	data := journal.AppendHeader(nil, journal.Header{Epoch: 3, Serial: ix.seq})
	for i := range all {
		data = journal.Append(data, &all[i])
	}
	if _, err := ix.applier.Apply(ix.seq, journal.Seal(data), true); err != nil {
		ix.t.Fatal(err)
	}
}

// writeReads writes n messages, and n read responses in a message of the log each. The first
// feedback has the place 2.0 in the outbox.
func (ix *testIndex) writeReads(n int) {
	ix.t.Helper()
	var all []journal.Record
	p := testPlace(ix.t)
	for i := range n {
		p.Number, p.Ordinal = uint16(i+1), uint64(i)
		all = append(all, journaltest.AcceptedAt(p, fmt.Sprint("id", i)))
	}
	ix.write(all...)
	for i := range n {
		p.Number, p.Ordinal = uint16(i+1), uint64(i)
		ix.write(readRecord(p, time.UnixMilli(int64(2000+i))))
	}
}

// eventIDs are the ids of the events in their outbox.
func (ix *testIndex) eventIDs() (ids []string) {
	all, err := ix.Outbox(index.EventOutbox, 0, 0, 1000)
	if err != nil {
		ix.t.Fatal(err)
	}
	for _, row := range all {
		var ev message.Event
		if err := json.Unmarshal(row.Body, &ev); err != nil {
			ix.t.Fatal(err)
		}
		ids = append(ids, ev.Event)
	}
	return ids
}

// testPlace is where the message of the tests stands.
func testPlace(t testing.TB) journal.Place {
	return journal.Place{Conv: relaytest.Conversation(t, "10690001", "447700900123"), Day: 20780, Number: 6, Ordinal: 5}
}

// readRecord is the record of a read response.
func readRecord(p journal.Place, at time.Time) journal.Record {
	ms := at.UnixMilli()
	return journal.Record{Kind: journal.KindRead, Place: p, Status: message.StatusRead, ReadAt: ms, At: ms, ID: uint64(ms)}
}

// errFull is of a recorder that takes no records.
var errFull = errors.New("no room")

// recorder stands for the ledger. It keeps the records that it gets until the test takes them.
type recorder struct {
	index   *testIndex
	applies bool // records are in the index at once
	down    atomic.Bool
	full    bool
	sending bool

	mu      sync.Mutex
	records []journal.Record       // guarded by mu
	answers []chan message.Verdict // guarded by mu: to those who wait for what their record comes to
}

func (r *recorder) isUp() bool { return !r.down.Load() }

func (r *recorder) isSending(*message.Conversation) bool { return r.sending }

func (r *recorder) enqueue(k journal.Kind, appendTo func(dst []byte) []byte) error {
	if r.full {
		return errFull
	}
	r.add(k, appendTo)
	return nil
}

func (r *recorder) submit(ctx context.Context, k journal.Kind, appendTo func(dst []byte) []byte) message.Verdict {
	answer := make(chan message.Verdict, 1)
	r.mu.Lock()
	r.answers = append(r.answers, answer)
	r.mu.Unlock()
	r.add(k, appendTo)
	select {
	case v := <-answer:
		return v
	case <-ctx.Done():
		return message.LedgerDown()
	}
}

func (r *recorder) add(k journal.Kind, appendTo func(dst []byte) []byte) {
	b, err := journal.ParseBatch(journal.Seal(appendTo(journal.AppendHeader(nil, journal.Header{Epoch: 3}))))
	var rec journal.Record
	if err != nil || !b.Next(&rec) || rec.Kind != k {
		r.index.t.Errorf("record of kind %s: got %+v, %v", k, rec, errors.Join(err, b.Err))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, rec)
	if r.applies {
		r.index.write(rec)
	}
}

// take returns the records that came since it was last called.
func (r *recorder) take() []journal.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.records
	r.records = nil
	return all
}

// answer says what the records came to that are waited for.
func (r *recorder) answer(v message.Verdict) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, answer := range r.answers {
		answer <- v
	}
	r.answers = nil
}

// findMessage finds the message with this message_id, letter by letter.
func (r *recorder) findMessage(_ string, c *message.Conversation, id []byte) (p *journal.Place, seq uint8, err error) {
	err = r.index.EachEntry(c, func(f index.Found) bool {
		for _, part := range f.Entry.Parts {
			if string(part.ID) == string(id) {
				p, seq = &f.Place, part.Seq
			}
		}
		return p == nil
	})
	return p, seq, err
}
