package index

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/relaytest"
)

// scriptedLog is a log with the batches that a test gives it.
type scriptedLog struct {
	created int64
	first   uint64
	last    uint64
	batches map[uint64][]byte // those that can be read; the others are gone
}

// logOf is a log that was made at a time, with batches from sequence 1 on.
func logOf(created int64, batches ...[]byte) *scriptedLog {
	l := &scriptedLog{created: created, first: 1, batches: make(map[uint64][]byte)}
	for _, b := range batches {
		l.last++
		l.batches[l.last] = b
	}
	return l
}

// without takes batches out of the log.
func (l *scriptedLog) without(seqs ...uint64) *scriptedLog {
	for _, seq := range seqs {
		delete(l.batches, seq)
	}
	return l
}

func (l *scriptedLog) Info() journal.Info {
	info := journal.Info{Created: l.created, First: l.first, Last: l.last, Empty: len(l.batches) == 0}
	if !info.Empty {
		info.Missing = l.last - l.first + 1 - uint64(len(l.batches))
	}
	return info
}

func (l *scriptedLog) Last() uint64                           { return l.last }
func (l *scriptedLog) Newest(context.Context) ([]byte, error) { return l.batches[l.last], nil }

func (l *scriptedLog) Append(context.Context, []byte) error                 { return errors.New("not scripted") }
func (l *scriptedLog) Check(context.Context) error                          { return nil }
func (l *scriptedLog) Pad(int)                                              {}
func (l *scriptedLog) Close()                                               {}
func (l *scriptedLog) Settle(context.Context, []byte) (journal.Fate, error) { return journal.Lost, nil }

func (l *scriptedLog) Replay(_ context.Context, from uint64, f func(seq uint64, batch []byte) error) error {
	for _, seq := range slices.Sorted(maps.Keys(l.batches)) {
		if seq < from {
			continue
		}
		if err := f(seq, l.batches[seq]); err != nil {
			return err
		}
	}
	return nil
}

// ledgerOf returns n batches of a ledger: the start of an epoch, and a message in each of the others, with
// number and ordinal of its serial. Instance is that of the writer.
func ledgerOf(t testing.TB, instance uint64, n int) (batches [][]byte) {
	t.Helper()
	for serial := 1; serial <= n; serial++ {
		b := journal.AppendHeader(nil, journal.Header{Epoch: 1, Instance: instance, Serial: uint64(serial), Messages: uint64(max(serial-2, 0))})
		rec := journal.Record{Kind: journal.KindStart, First: 1, Last: 257, At: 1000}
		if serial > 1 {
			rec = journaltest.AcceptedAt(placeOf(t, serial), "id")
		}
		batches = append(batches, journal.Seal(journal.Append(b, &rec)))
	}
	return batches
}

// placeOf is the place of the message in the batch with a serial.
func placeOf(t testing.TB, serial int) journal.Place {
	p := testPlace(t)
	p.Number, p.Ordinal = uint16(serial), uint64(serial)
	return p
}

// life is an index that is brought to the end of a log, and what was said meanwhile.
type life struct {
	*Index
	a     *Applier
	at    Position
	lost  []Lost
	lines relaytest.LogLines
}

// begin opens the index in a file system and brings it to the end of log. It wants so many lines of level
// ERROR.
func begin(t *testing.T, fs vfs.FS, log journal.Log, errors int) *life {
	t.Helper()
	l := &life{}
	logger := l.lines.Logger()
	l.Index = NewIn(fs, "index", logger)
	if err := l.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Discard() })
	l.a = &Applier{Index: l.Index, Lost: func(lost Lost) {
		l.lost = append(l.lost, lost)
		logger.Error("lost", slog.Any("lost", lost))
	}}
	var err error
	if l.at, err = l.a.Replay(t.Context(), log, logger); err != nil {
		// What cannot be read is found by the first replay, and built again by the next.
		if l.Err() == nil {
			t.Fatal(err)
		}
		if l.at, err = l.a.Replay(t.Context(), log, logger); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.lines.Count("level=ERROR"); got != errors {
		t.Errorf("got %d lines of level ERROR, want %d:\n%q", got, errors, l.lines.All)
	}
	return l
}

// apply applies batches as they are appended, with sequences from seq on.
func (l *life) apply(t *testing.T, seq uint64, batches ...[]byte) {
	t.Helper()
	for i, b := range batches {
		if _, err := l.a.Apply(seq+uint64(i), b, true); err != nil {
			t.Fatal(err)
		}
	}
}

// wantMessages looks whether the index has the messages of the batches with serials from 2 to last but for
// those that are gone, and the head of the conversation.
func (l *life) wantMessages(t *testing.T, last int, gone ...int) {
	t.Helper()
	for serial := 2; serial <= last; serial++ {
		p := placeOf(t, serial)
		f, err := l.FindNumber(&p.Conv, p.Number, relaytest.Any)
		if want := !slices.Contains(gone, serial); err != nil || (f != nil) != want {
			t.Errorf("message of batch %d: got %+v, %v, want it found %v", serial, f, err, want)
		}
	}
	c := testPlace(t).Conv
	if _, next, err := l.Head(&c); next != uint64(last+1) || err != nil {
		t.Errorf("head: got %d, %v, want %d", next, err, last+1)
	}
	if l.at.Serial != uint64(last) {
		t.Errorf("serial: got %d, want %d", l.at.Serial, last)
	}
}
