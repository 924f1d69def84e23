package index

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// damagedIn is a file system with an index that has followed log, and then was damaged so that it does not
// open. Only the index knows of a route, and of the head of a conversation.
func damagedIn(t *testing.T, log *scriptedLog) (mem vfs.FS, old journal.Place) {
	t.Helper()
	mem = vfs.NewMem()
	l := begin(t, mem, log, 0)
	old = testPlace(t)
	old.Conv.Sender = relaytest.Conversation(t, "10690099", "447700900123").Sender
	head := testPlace(t).Conv
	err := firstError(
		l.db.Set(headKey(nil, &old.Conv), appendHeadValue(nil, 1, 900), pebble.NoSync),
		l.db.Set(headKey(nil, &head), appendHeadValue(nil, 1, log.last-1), pebble.NoSync), // less than the log knows
		l.db.Set(routeKey(nil, 9, []byte("old")), []byte("bank"), pebble.NoSync),
		l.db.Set(outboxKey(nil, FeedbackOutbox, 2, 0), []byte("lost"), pebble.NoSync), // the log has lost its read
		l.Close())
	if err != nil {
		t.Fatal(err)
	}
	damageOptions(t, mem)
	return mem, old
}

func damageOptions(t *testing.T, fs vfs.FS) {
	t.Helper()
	names, err := fs.List("index")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasPrefix(name, "OPTIONS") {
			writeFile(t, fs, "index/"+name, []byte("damaged"))
		}
	}
}

// wantSalvaged looks for what only the damaged index knew.
func wantSalvaged(t *testing.T, l *life, old journal.Place, outbox int) {
	t.Helper()
	if _, next, err := l.Head(&old.Conv); next != 900 || err != nil {
		t.Errorf("old head: got %d, %v, want 900", next, err)
	}
	if account, err := l.Route([]byte("old"), 9, 1); account != "bank" || err != nil {
		t.Errorf("old route: got %q, %v, want bank", account, err)
	}
	if n, err := l.OutboxRows(); n != outbox || err != nil {
		t.Errorf("outbox: got %d rows, %v, want %d", n, err, outbox)
	}
	if _, err := l.fs.Stat(l.aside()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("damaged index: got %v, want that it is removed", err)
	}
}

// What only the damaged index knew is taken over, and of what both know the newer: whatever the log has
// lost, and how often the process dies while the index is built again.
func TestSalvage(t *testing.T) {
	all := ledgerOf(t, 77, 10)
	for _, tt := range []struct {
		name   string
		log    *scriptedLog
		errors int
		outbox int
		next   uint64 // of a conversation that both know
	}{
		{"log is whole", logOf(1, all...), 1, 1, 11},
		{"log is shorter", logOf(1, all[:6]...), 2, 1, 9},
		{"log is gone", logOf(2), 2, 1, 9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mem, old := damagedIn(t, logOf(1, all...))
			l := begin(t, mem, tt.log, tt.errors)
			wantSalvaged(t, l, old, tt.outbox)
			c := testPlace(t).Conv
			if _, next, err := l.Head(&c); next != tt.next || err != nil {
				t.Errorf("head: got %d, %v, want %d", next, err, tt.next)
			}
			if l.at.Serial != 10 || l.at.Messages != 9 || l.at.Cycle != (Cycle{1, 257, 1}) {
				t.Errorf("got %+v, want what the damaged index knew", l.at)
			}
			if err := l.Discard(); err != nil { // killed at once
				t.Fatal(err)
			}
			l = begin(t, mem, tt.log, l.lines.Count("log has lost its end"))
			wantSalvaged(t, l, old, tt.outbox)
			if l.at.Serial != 10 || l.at.Messages != 9 {
				t.Errorf("killed: got %+v, want what the damaged index knew", l.at)
			}
		})
	}
}

// If a damaged store had not all rows that were staged, and the log is gone, then the conversations skip the
// numbers that its last batches may have had. A store of an earlier version has all rows.
func TestDamagedStagedRows(t *testing.T) {
	for name, tt := range map[string]struct {
		version byte
		errors  int
		skip    Skips
	}{
		"of this version": {Version, 3, Skips{{Epoch: 1, Own: 3 + journal.Window, Other: 3 + journal.Window, At: 1000}}},
		"of version 5":    {version5, 2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			mem := vfs.NewMem()
			l := begin(t, mem, logOf(1, ledgerOf(t, 77, 10)...), 0)
			staged := l.at
			staged.Serial, staged.Messages = 7, 6
			err := l.db.Set(keyStaged, appendPosition(nil, &staged), pebble.NoSync)
			if tt.version < Version {
				err = l.db.Delete(keyStaged, pebble.NoSync)
			}
			if err := firstError(err, l.db.Set(keyMeta, append([]byte{tt.version}, metaValue(1)[1:]...), pebble.NoSync), l.Close()); err != nil {
				t.Fatal(err)
			}
			damageOptions(t, mem)
			l = begin(t, mem, logOf(2), tt.errors)
			l.wantMessages(t, 10)
			if skips, err := l.Skips(); !slices.Equal(skips, tt.skip) || err != nil {
				t.Errorf("skips: got %+v, %v, want %+v", skips, err, tt.skip)
			}
		})
	}
}

// A process that is killed between any two steps of building the index again leaves nothing out.
func TestKilledWhileBuilding(t *testing.T) {
	all := ledgerOf(t, 77, 10)
	log := logOf(1, all...)
	for _, step := range []string{"set aside", "opened", "half of the log", "all of the log"} {
		t.Run(step, func(t *testing.T) {
			mem, old := damagedIn(t, log)
			ix := NewIn(mem, "index", (&relaytest.LogLines{}).Logger())
			if step == "set aside" {
				if err := ix.setAside(); err != nil {
					t.Fatal(err)
				}
			} else {
				if err := ix.Open(); err != nil {
					t.Fatal(err)
				}
				a := &Applier{Index: ix}
				for i, b := range all[:map[string]int{"half of the log": 5, "all of the log": 10}[step]] {
					if _, err := a.Apply(uint64(i+1), b, true); err != nil {
						t.Fatal(err)
					}
				}
				if err := firstError(ix.set(keyMeta, metaValue(1)), ix.Flush(), ix.Discard()); err != nil {
					t.Fatal(err)
				}
			}
			l := begin(t, mem, log, 0)
			l.wantMessages(t, 10)
			wantSalvaged(t, l, old, 1)
		})
	}
}

// refusing is a file system that does not rename or does not remove.
type refusing struct {
	vfs.FS
	rename, remove bool
}

func (r *refusing) Rename(from, to string) error {
	if r.rename && from == "index" {
		return &fs.PathError{Op: "rename", Path: from, Err: syscall.EROFS}
	}
	return r.FS.Rename(from, to)
}

func (r *refusing) RemoveAll(name string) error {
	if r.remove {
		return &fs.PathError{Op: "remove", Path: name, Err: syscall.EROFS}
	}
	return r.FS.RemoveAll(name)
}

// A damaged index that cannot be set aside, or removed, is an error until it can.
func TestSetAsideLater(t *testing.T) {
	log := logOf(1, ledgerOf(t, 77, 10)...)
	for _, tt := range []refusing{{rename: true}, {remove: true}} {
		mem, old := damagedIn(t, log)
		tt.FS = mem
		ix := NewIn(&tt, "index", (&relaytest.LogLines{}).Logger())
		a := &Applier{Index: ix}
		for range 2 {
			err := ix.Open()
			if err == nil {
				_, err = a.Replay(t.Context(), log, ix.log)
			}
			if !errors.Is(err, syscall.EROFS) {
				t.Fatalf("%+v: got %v, want the error of the file system", tt, err)
			}
		}
		if err := ix.Discard(); err != nil {
			t.Fatal(err)
		}
		l := begin(t, mem, log, map[bool]int{true: 1}[tt.rename])
		l.wantMessages(t, 10)
		wantSalvaged(t, l, old, 1)
	}
}

// What the log says is done to what only the damaged index knows: a read of a message whose acceptance the
// log has lost leads to feedback, and an erasure erases it.
func TestSalvageReplayed(t *testing.T) {
	read, erased := placeOf(t, 5), placeOf(t, 6)
	erased.Conv.Receiver = relaytest.Addr(t, "447700900199")
	first := ledgerOf(t, 77, 10)
	rec := journaltest.AcceptedAt(erased, "id")
	first[5] = journal.Seal(journal.Append(journal.AppendHeader(nil, journal.Header{Epoch: 1, Instance: 77, Serial: 6, Messages: 4}), &rec))
	mem := vfs.NewMem()
	l := begin(t, mem, logOf(1, first...), 0)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	damageOptions(t, mem)

	b := journal.AppendHeader(nil, journal.Header{Epoch: 1, Instance: 77, Serial: 11, Messages: 9})
	word := readAt(read, message.StatusRead, 2000)
	b = journal.AppendErase(journal.Append(b, &word), &erased.Conv.Receiver, 3000)
	log := logOf(1, append(first, journal.Seal(b))...).without(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	l = begin(t, mem, log, 2)
	if f, err := l.Entry(&read); err != nil || f == nil || f.Entry.State != message.StateRead {
		t.Errorf("message that was read: got %+v, %v", f, err)
	}
	if n, err := l.OutboxRows(); n != 1 || err != nil {
		t.Errorf("outbox: got %d rows, %v, want its feedback", n, err)
	}
	if f, err := l.Entry(&erased); err != nil || f != nil {
		t.Errorf("message that was erased: got %+v, %v, want none", f, err)
	}
}
