package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/sstable"
	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

const erased, kept = "447700900123", "447700900124"

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
		all := []journal.Record{acceptedAt(p, id), acceptedAt(p, "same"), readAt(p, message.StatusRead, 2)}
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

// After Purge no file of the index has the number of a receiver that was erased: not in rows of any kind or day,
// in deletions, in what was flushed or compacted before, in recent batches or in the manifest.
func TestPurge(t *testing.T) {
	for name, shape := range map[string]func(l *logbook, round int){
		"all in memory": func(*logbook, int) {},
		"many files": func(l *logbook, _ int) {
			if err := l.ix.Flush(); err != nil {
				l.t.Fatal(err)
			}
		},
		"all levels": func(l *logbook, round int) {
			if err := l.ix.Flush(); err != nil {
				l.t.Fatal(err)
			}
			if round == 4 {
				if err := l.ix.db.Compact([]byte{0}, []byte{0xFF}, false); err != nil {
					l.t.Fatal(err)
				}
			}
		},
		"expired meanwhile": func(l *logbook, round int) {
			if err := l.ix.Flush(); err != nil {
				l.t.Fatal(err)
			}
			if round == 8 {
				if err := l.ix.Expire(20782); err != nil {
					l.t.Fatal(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLogbook(t)
			_ = l.ix.recent.rotate()
			for round := range 9 {
				l.talk(20780+uint16(round%4), round)
				shape(l, round)
			}
			others := rowsOf(t, l.ix, kept)
			c := relaytest.Conversation(t, "10690001", erased)
			l.write(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: c}, At: 4})
			if err := l.ix.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			if names := l.filesWith(erased); len(names) > 0 {
				t.Errorf("got %q with the number", names)
			}
			got := rowsOf(t, l.ix, kept)
			if len(others) == 0 || len(got) != len(others) {
				t.Errorf("others: got %d rows, want %d", len(got), len(others))
			}
			for key, value := range others {
				if got[key] != value {
					t.Errorf("others: row %q: got %q, want %q", key, got[key], value)
				}
			}
			if names := l.filesWith(kept); len(names) == 0 {
				t.Error("others: got no file with a number; the test cannot see it")
			}
			if value, err := l.ix.get(keyUnpurged); value != nil || err != nil {
				t.Errorf("got %q, %v, want it noted as purged", value, err)
			}
		})
	}
}

// A purge that was interrupted is made up for by the next one, also by another process, and an erasure that is
// repeated without any row.
func TestPurgeAfterInterruption(t *testing.T) {
	l := newLogbook(t)
	l.ix.purge.paused.Store(true) // what Pebble compacts by itself is no subject here
	l.talk(20780, 0)
	if err := l.ix.Flush(); err != nil {
		t.Fatal(err)
	}
	c := relaytest.Conversation(t, "10690001", erased)
	l.write(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: c}, At: 4})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		if err := l.ix.Purge(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want that it was interrupted", err)
		}
	}
	l.ix.purge.wait()
	if names := l.filesWith(erased); len(names) == 0 {
		t.Error("interrupted: got no file with the number")
	}
	l.ix.purge.paused.Store(false)
	l.ix.purge.take() // as another process, which knows of none
	if err := errors.Join(l.ix.Close(), l.ix.Open(), l.ix.Purge(t.Context())); err != nil {
		t.Fatal(err)
	}
	if names := l.filesWith(erased); len(names) > 0 {
		t.Errorf("got %q with the number", names)
	}
	l.write(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: c}, At: 5})
	if err := l.ix.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names := l.filesWith(erased); len(names) > 0 {
		t.Errorf("again: got %q with the number", names)
	}
}

// A deletion in a file that overlaps with no other is purged: Pebble moves such a file to the last level as it is.
func TestPurgeDeletionAlone(t *testing.T) {
	l := newLogbook(t)
	c := relaytest.Conversation(t, "10690001", erased)
	if err := l.ix.db.Delete(headKey(nil, &c), pebble.NoSync); err != nil {
		t.Fatal(err)
	}
	l.ix.purge.noteAll()
	if err := l.ix.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names := l.filesWith(erased); len(names) > 0 {
		t.Errorf("got %q with the number", names)
	}
}

// On a full disk a purge ends with its context, and the next one, when there is room again, completes it.
func TestPurgeFullDisk(t *testing.T) {
	l := newLogbook(t)
	l.talk(20780, 0)
	l.write(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: relaytest.Conversation(t, "10690001", erased)}, At: 4})
	disk := &fullDisk{FS: l.ix.guard.FS, prefix: "0"}
	l.ix.guard.FS = disk
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := l.ix.Purge(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want that it did not end in time", err)
	}
	disk.roomy.Store(true)
	if err := l.ix.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names := l.filesWith(erased); len(names) > 0 {
		t.Errorf("got %q with the number", names)
	}
}

// A purge goes for each key of some alone, since ids lie far apart, and for all between those of many.
func TestPurgeApart(t *testing.T) {
	for keys, want := range map[int]int{1: 1, purgeApart: purgeApart, purgeApart + 1: 1} {
		p := newPurge()
		for i := range keys {
			p.noteKey(fmt.Appendf(nil, "n%04d", 2*(keys-i)), 1, false)
		}
		p.note("e", keyRange{[]byte("e1"), []byte("e3"), true})
		p.note("e", keyRange{[]byte("e2"), []byte("e4"), true})
		all := p.take()
		if len(all) != 1+want || len(p.take()) != 0 {
			t.Fatalf("%d keys: got %d ranges, want %d, and none afterwards", keys, len(all), 1+want)
		}
		if r := all[0]; string(r.first) != "e1" || string(r.end) != "e4" {
			t.Errorf("got %s to %s, want the two as one", r.first, r.end)
		}
		first, last := fmt.Sprintf("n%04d", 2), fmt.Sprintf("n%04d\x00", 2*keys)
		if a, b := all[1].first, all[len(all)-1].end; string(a) != first || string(b) != last {
			t.Errorf("%d keys: got %q to %q, want %q to %q", keys, a, b, first, last)
		}
	}
}
