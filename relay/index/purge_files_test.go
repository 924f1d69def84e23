package index

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/sstable"
	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// filesWith returns the files of the index that have these octets: as they are on the disk, or in a row, also
// in one that is deleted or covered by another.
func (l *logbook) filesWith(octets string) (names []string) {
	l.t.Helper()
	all, err := filepath.Glob(l.ix.dir + "*/*")
	beside, err2 := filepath.Glob(l.ix.dir + ".*")
	if err := errors.Join(err, err2); err != nil || len(all) == 0 {
		l.t.Fatalf("got files %q, %v", all, err)
	}
	for _, name := range append(all, beside...) {
		data, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue // it was compacted just now
		}
		if err != nil {
			l.t.Fatal(err)
		}
		if bytes.Contains(data, []byte(octets)) || filepath.Ext(name) == ".sst" && l.tableHas(name, []byte(octets)) {
			names = append(names, filepath.Base(name))
		}
	}
	return names
}

// tableHas reports whether a table has rows, deletions or deleted ranges with these octets.
func (l *logbook) tableHas(name string, octets []byte) (has bool) {
	l.t.Helper()
	f, err := vfs.Default.Open(name)
	if err != nil {
		l.t.Fatal(err)
	}
	readable, err := sstable.NewSimpleReadable(f)
	if err != nil {
		l.t.Fatal(err)
	}
	r, err := sstable.NewReader(readable, sstable.ReaderOptions{})
	if pebble.IsCorruptionError(err) {
		return false // it is being written
	}
	if err != nil {
		l.t.Fatal(err)
	}
	it, err := r.NewIter(nil, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	for key, value := it.First(); key != nil; key, value = it.Next() {
		has = has || bytes.Contains(key.UserKey, octets) || bytes.Contains(value.InPlaceValue(), octets)
	}
	ranges, err := r.NewRawRangeDelIter()
	if err != nil {
		l.t.Fatal(err)
	}
	if ranges != nil {
		for s := ranges.First(); s != nil; s = ranges.Next() {
			has = has || bytes.Contains(s.Start, octets) || bytes.Contains(s.End, octets)
		}
		err = ranges.Close()
	}
	if err := errors.Join(err, it.Close(), r.Close()); err != nil {
		l.t.Fatal(err)
	}
	return has
}

// talk writes messages of a day to several receivers, in all the ways in which a row can name one.
func (l *logbook) talk(day uint16, round int) {
	l.t.Helper()
	for i, receiver := range []string{"447700900100", erased, "447700900999", kept} {
		c := relaytest.Conversation(l.t, "10690001", receiver)
		ordinal := uint64(round)
		p := journal.Place{Conv: c, Day: day, Number: uint16(round), Ordinal: ordinal}
		id := fmt.Sprintf("%c%d", 'A'+i, round)
		owner := journal.IDOwner{Kind: journal.OwnerSplit, Account: "bank", Place: p}
		all := []journal.Record{journaltest.AcceptedAt(p, id), journaltest.AcceptedAt(p, "same"), readAt(p, message.StatusRead, 2)}
		for seq := range uint8(2) {
			all = append(all,
				journal.Record{
					Kind: journal.KindSplit, Place: journal.Place{Conv: c, Day: day}, Part: message.Part{Total: 2}, PartSeq: seq + 1,
					Split: journal.SplitRecord{First: []byte(id), Key: fmt.Append(nil, id, seq)},
				},
				journal.Record{
					Kind: journal.KindSplit, Place: journal.Place{Conv: c, Day: day}, Part: message.Part{Total: 2}, PartSeq: seq + 1,
					Split: journal.SplitRecord{First: journal.AppendName(nil, &owner), Key: fmt.Append(nil, "own", id, seq)},
				})
		}
		all = append(all, journal.Record{Kind: journal.KindHead, Place: p})
		l.write(all...)
		if round%3 == 0 { // its row leaves the outbox
			l.write(journal.Record{Kind: journal.KindFed, Seq: l.seq, Index: 2})
		}
	}
}

// rowsOf returns the rows of an index with these octets.
func rowsOf(t *testing.T, ix *Index, octets string) map[string]string {
	t.Helper()
	rows := make(map[string]string)
	if err := ix.EachRow(func(key, value []byte) bool {
		if bytes.Contains(key, []byte(octets)) || bytes.Contains(value, []byte(octets)) {
			rows[string(key)] = string(value)
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return rows
}
