package index

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// followed returns an index in dir that has been brought to the end of log.
func followed(t *testing.T, dir string, log *journal.Memory) *Index {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	ix, err := Open(dir, logger)
	if err != nil {
		t.Fatal(err)
	}
	a := &Applier{Index: ix}
	_, err = a.Replay(t.Context(), log.Open(), logger)
	if ix.Err() != nil {
		_, err = a.Replay(t.Context(), log.Open(), logger)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

// oneMessage is a log with one accepted message.
func oneMessage(t *testing.T) (*journal.Memory, journal.Place) {
	t.Helper()
	log, rec := new(journal.Memory), journaltest.AcceptedAt(testPlace(t), "4A7F01")
	batch := journal.AppendHeader(nil, journal.Header{Epoch: 1, Instance: 77, Serial: 1})
	batch = journal.Append(batch, &journal.Record{Kind: journal.KindStart, First: 1, Last: 257})
	batch = journal.Seal(journal.Append(batch, &rec))
	if err := log.Open().Append(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	return log, rec.Place
}

// planted returns the directory of an index that has followed log, in which the message at p has
// failed and a route stands that the log does not have.
func planted(t *testing.T, log *journal.Memory, p journal.Place, change func(*pebble.DB) error) (dir string) {
	t.Helper()
	dir = t.TempDir()
	ix := followed(t, dir, log)
	f, err := ix.FindNumber(&p.Conv, p.Number, relaytest.Any)
	if err != nil || f == nil {
		t.Fatalf("message: %v, %v", f, err)
	}
	f.Entry.State = message.StateFailed
	err = firstError(
		ix.db.Set(entryKey(nil, &f.Place), appendEntry(nil, &f.Entry), pebble.NoSync),
		ix.db.Set(routeKey(nil, f.Place.Day, []byte("planted")), []byte("bank"), pebble.NoSync),
		change(ix.db), ix.Close())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// wantBelieved brings the index in dir to the end of log, and looks whether what it knew was kept.
func wantBelieved(t *testing.T, dir string, log *journal.Memory, p journal.Place, believed bool) {
	t.Helper()
	ix := followed(t, dir, log)
	defer func() { _ = ix.Close() }()
	if account, err := ix.Route([]byte("planted"), p.Day, 1); (len(account) > 0) != believed || err != nil {
		t.Errorf("what does not stand in the log: found %q, %v, want it found %v", account, err, believed)
	}
	want := message.StateSent
	if believed {
		want = message.StateFailed
	}
	if f, err := ix.FindNumber(&p.Conv, p.Number, relaytest.Any); f == nil || err != nil || f.Entry.State != want {
		t.Errorf("message: got %+v, %v, want state %s", f, err, want)
	}
	if got, err := ix.get(keyMeta); string(got) != string(metaValue(log.Open().Info().Created)) || err != nil {
		t.Errorf("meta: got %x, %v, want that of the log", got, err)
	}
}

// What an index knows is kept if it is of this version, also when the stream was made at another time. An
// index that does not say its version is built again, and what can be read of it is taken over.
func TestIndexIsKept(t *testing.T) {
	log, p := oneMessage(t)
	for _, tt := range []struct {
		name   string
		change func(meta []byte) []byte
	}{
		{"as it is", func(meta []byte) []byte { return meta }},
		{"log made later", func(meta []byte) []byte { return made(meta, 1) }},
		{"log made earlier", func(meta []byte) []byte { return made(meta, ^uint64(0)) }},
		{"a version that no release had", func(meta []byte) []byte { meta[0] = 3; return meta }},
		{"no version", func(meta []byte) []byte { return append([]byte{0}, meta[2:]...) }},
		{"no meta", func([]byte) []byte { return nil }},
		{"more behind it", func(meta []byte) []byte { return append(meta, 0) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := planted(t, log, p, func(db *pebble.DB) error {
				meta := tt.change(metaValue(log.Open().Info().Created))
				if meta == nil {
					return db.Delete(keyMeta, pebble.NoSync)
				}
				return db.Set(keyMeta, meta, pebble.NoSync)
			})
			wantBelieved(t, dir, log, p, true)
		})
	}
}

// made changes the time when the log was made.
func made(meta []byte, by uint64) []byte {
	return binary.BigEndian.AppendUint64(meta[:1], binary.BigEndian.Uint64(meta[1:])+by)
}

// An index that a newer release wrote is left as it is, and the error names both versions.
func TestIndexOfNewerVersion(t *testing.T) {
	log, p := oneMessage(t)
	dir := planted(t, log, p, func(db *pebble.DB) error {
		return db.Set(keyMeta, append([]byte{Version + 1}, metaValue(1)[1:]...), pebble.NoSync)
	})
	logger := slog.New(slog.DiscardHandler)
	ix, err := Open(dir, logger)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.Close() }()
	for range 2 {
		_, err = (&Applier{Index: ix}).Replay(t.Context(), log.Open(), logger)
		newer, ok := errors.AsType[*VersionError](err)
		if !ok || newer.Found != Version+1 || !strings.Contains(err.Error(), "it has version 9, and this release reads versions 4 to 8") || ix.Err() != nil {
			t.Errorf("got %v, and the index %v, want an error of the version", err, ix.Err())
		}
	}
	if account, err := ix.Route([]byte("planted"), p.Day, 1); account != "bank" || err != nil {
		t.Errorf("route: got %q, %v, want it as it was", account, err)
	}
}

// An index that is ahead of the log stays, and so does what can be read of one that does not say how far
// it got.
func TestIndexAheadOfItsLog(t *testing.T) {
	log, p := oneMessage(t)
	for name, value := range map[string][]byte{
		"ahead":      appendPosition(nil, &Position{Seq: 1 << 40, Serial: 1 << 40, Epoch: 1}),
		"unreadable": {1, 2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			dir := planted(t, log, p, func(db *pebble.DB) error { return db.Set(keyApplied, value, pebble.NoSync) })
			wantBelieved(t, dir, log, p, true)
		})
	}
}

func TestFirstError(t *testing.T) {
	one, two := errors.New("one"), errors.New("two")
	if err := firstError(nil, one, two); !errors.Is(err, one) {
		t.Errorf("got %v, want the first", err)
	}
	if err := firstError(nil, nil); err != nil {
		t.Errorf("got %v, want none", err)
	}
}

// A closed index returns an error instead of saying that nothing was found.
func TestClosedIndex(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	if err := l.ix.Close(); err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func() error{
		"number":   func() error { _, err := l.ix.FindNumber(&p.Conv, 1, relaytest.Any); return err },
		"receiver": func() error { _, err := l.ix.FindReceiver(&p.Conv.Receiver, 1); return err },
		"entries":  func() error { return l.ix.EachEntry(&p.Conv, func(Found) bool { return true }) },
		"outbox":   func() error { _, err := l.ix.Outbox(FeedbackOutbox, 0, 0, 1); return err },
		"rows":     func() error { _, err := l.ix.OutboxRows(); return err },
	} {
		if err := ask(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: got %v, want that the index is closed", name, err)
		}
		if !l.ix.mu.TryLock() {
			t.Fatalf("%s: the index stays locked", name)
		}
		l.ix.mu.Unlock()
	}
}
