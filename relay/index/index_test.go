package index

import (
	"encoding/binary"
	"log/slog"
	"testing"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
	"readback/relay/message"
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
	if _, err := a.Replay(t.Context(), log.Open(), logger); err != nil {
		t.Fatal(err)
	}
	return ix
}

// oneMessage is a log with one accepted message.
func oneMessage(t *testing.T) (*journal.Memory, journal.Place) {
	t.Helper()
	log, rec := new(journal.Memory), acceptedAt(testPlace(t), "4A7F01")
	batch := journal.Append(journal.AppendHeader(nil, journal.Header{Epoch: 1}), &rec)
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
	f, err := ix.FindNumber(&p.Conv, p.Number, MaxDay)
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

// wantBelieved brings the index in dir to the end of log, and looks whether it was kept.
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
	if f, err := ix.FindNumber(&p.Conv, p.Number, MaxDay); f == nil || err != nil || f.Entry.State != want {
		t.Errorf("message: got %+v, %v, want state %s", f, err, want)
	}
	if got, err := ix.get(keyMeta); string(got) != string(metaValue(log.Open().Info().Created)) || err != nil {
		t.Errorf("meta: got %x, %v, want that of the log", got, err)
	}
}

// An index of another version or another log is discarded and built again from the log. An
// index of this version and log is kept.
func TestIndexOfAnotherVersion(t *testing.T) {
	log, p := oneMessage(t)
	for _, tt := range []struct {
		name     string
		change   func(meta []byte) []byte
		believed bool
	}{
		{"as it is", func(meta []byte) []byte { return meta }, true},
		{"older version", func(meta []byte) []byte { meta[0]--; return meta }, false},
		{"newer version", func(meta []byte) []byte { meta[0]++; return meta }, false},
		{"no version", func(meta []byte) []byte { return meta[1:] }, false},
		{"no meta", func([]byte) []byte { return nil }, false},
		{"log made later", func(meta []byte) []byte { return made(meta, 1) }, false},
		{"log made earlier", func(meta []byte) []byte { return made(meta, ^uint64(0)) }, false},
		{"more behind it", func(meta []byte) []byte { return append(meta, 0) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := planted(t, log, p, func(db *pebble.DB) error {
				meta := tt.change(metaValue(log.Open().Info().Created))
				if meta == nil {
					return db.Delete(keyMeta, pebble.NoSync)
				}
				return db.Set(keyMeta, meta, pebble.NoSync)
			})
			wantBelieved(t, dir, log, p, tt.believed)
		})
	}
}

// made changes the time when the log was made.
func made(meta []byte, by uint64) []byte {
	return binary.BigEndian.AppendUint64(meta[:1], binary.BigEndian.Uint64(meta[1:])+by)
}

// An index that is ahead of the log, or does not say how far it got, is built again from the
// log.
func TestIndexAheadOfItsLog(t *testing.T) {
	log, p := oneMessage(t)
	for name, value := range map[string][]byte{
		"ahead":      appendApplied(nil, Position{Seq: 1 << 40, Epoch: 1}),
		"unreadable": {1, 2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			dir := planted(t, log, p, func(db *pebble.DB) error { return db.Set(keyApplied, value, pebble.NoSync) })
			wantBelieved(t, dir, log, p, false)
		})
	}
}
