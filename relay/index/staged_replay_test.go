package index

import (
	"fmt"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
)

// batchOf is a batch of a ledger with these records, behind so many messages.
func batchOf(serial, messages uint64, all ...journal.Record) []byte {
	b := journal.AppendHeader(nil, journal.Header{Epoch: 1, Instance: 77, Serial: serial, Messages: messages})
	for i := range all {
		b = journal.Append(b, &all[i])
	}
	return journal.Seal(b)
}

// crashed is a file system with an index that has followed log and then applied these batches, and crashed before
// it had written what was staged of them. Its recent batches are gone.
func crashed(t *testing.T, log *scriptedLog, batches ...[]byte) vfs.FS {
	t.Helper()
	mem := vfs.NewMem()
	l := begin(t, mem, log, 0)
	l.apply(t, log.last+1, batches...)
	if err := l.db.Flush(); err != nil {
		t.Fatal(err)
	}
	l.recent.stop(true)
	if err := l.Discard(); err != nil {
		t.Fatal(err)
	}
	return mem
}

// No replay brings back what was erased, also not what stands before the erasure in the same batch.
func TestStagedErasure(t *testing.T) {
	old, p := ledgerOf(t, 77, 3), placeOf(t, 4)
	accepted := journaltest.AcceptedAt(p, "id")
	erase := journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: p.Conv}, At: 2000}
	for name, batches := range map[string][][]byte{
		"in a batch of its own": {batchOf(4, 2, accepted), batchOf(5, 3, erase)},
		"in the same batch":     {batchOf(4, 2, accepted, erase)},
	} {
		t.Run(name, func(t *testing.T) {
			mem := crashed(t, logOf(1, old...), batches...)
			l := begin(t, mem, logOf(1, append(slices.Clone(old), batches...)...), 0)
			if rows := rowsOf(t, l.Index, string(p.Conv.Receiver.Bytes())); len(rows) > 0 {
				t.Errorf("got %q of the receiver that was erased", rows)
			}
		})
	}
}

// Of a batch whose rows are staged again nothing else comes again: the index has it, and it may be done since.
func TestStagedAgainIsNotAppliedAgain(t *testing.T) {
	old, p := ledgerOf(t, 77, 3), placeOf(t, 2)
	batches := [][]byte{
		batchOf(4, 2, readAt(p, message.StatusRead, 2000)), // makes a feedback
		batchOf(5, 2, journal.Record{Kind: journal.KindFed, Seq: 4}),
		batchOf(6, 2, journal.Record{Kind: journal.KindSkip, Skip: 100, At: 3000}),
	}
	for _, tt := range []struct {
		gone  []uint64
		lines int
		skip  uint64
	}{
		{nil, 0, 100},
		{[]uint64{5}, 2, 100 + journal.Window},
	} {
		t.Run(fmt.Sprint("without ", tt.gone), func(t *testing.T) {
			mem := crashed(t, logOf(1, old...), batches...)
			l := begin(t, mem, logOf(1, append(slices.Clone(old), batches...)...).without(tt.gone...), tt.lines)
			if n, err := l.OutboxRows(); n != 0 || err != nil {
				t.Errorf("outbox: got %d rows, %v, want none", n, err)
			}
			if f, err := l.Entry(&p); f == nil || err != nil || f.Entry.State != message.StateRead {
				t.Errorf("message: got %+v, %v, want that it was read", f, err)
			}
			if skips, err := l.Skips(); skips.Of(0) != tt.skip || err != nil {
				t.Errorf("skips: got %+v, %v, want %d", skips, err, tt.skip)
			}
		})
	}
}

// A clean stop leaves all rows in the store.
func TestStagedRowsAreClosed(t *testing.T) {
	mem, batches := vfs.NewMem(), ledgerOf(t, 77, 6)
	l := begin(t, mem, logOf(1, batches[:3]...), 0)
	l.apply(t, 4, batches[3:]...)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Open(); err != nil {
		t.Fatal(err)
	}
	at, err := stagedIn(l.db)
	if applied, err2 := l.Position(); at != applied || at.Serial != 6 || firstError(err, err2) != nil {
		t.Errorf("got the rows up to %+v, want %+v; %v", at, applied, firstError(err, err2))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = begin(t, mem, logOf(2), 1)
	l.wantMessages(t, 6)
	if skips, err := l.Skips(); len(skips) > 0 || err != nil {
		t.Errorf("skips: got %+v, %v, want none", skips, err)
	}
}
