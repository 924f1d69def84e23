package archive

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/broker"
	"readback/relay/journal"
	"readback/relay/relaytest"
)

// After a restore no number is assigned again that was assigned after the backup. If all of the earlier store
// can be read, no number is skipped and no message is forgotten.
func TestRestore(t *testing.T) {
	const before, after, half = 10, 5, 128
	for _, tt := range []struct {
		name   string
		change func(w *world) // the store after the backup
		known  bool
		next   uint64 // ordinal
		found  int    // of all messages
		queued []string
	}{
		{"killed", func(w *world) { w.number(after, false); w.queue("later") }, true, before + after + journal.Window, before + after, []string{"waits", "later"}},
		{"stopped", func(w *world) { w.number(after, true) }, true, before + after + journal.Window, before + after, []string{"waits"}},
		{"gone", func(w *world) { w.number(after, true); w.remove("") }, false, before + journal.Window + half, before, []string{"waits"}},
		{"without its log", func(w *world) { w.number(after, true); w.remove(natsDir) }, false, before + after + journal.Window + half, before + after, []string{"waits"}},
		{"without its index", func(w *world) { w.number(after, true); w.remove(indexDir) }, false, before + journal.Window + half, before, []string{"waits"}},
		{"of a newer release", func(w *world) { w.number(after, true); w.publish(journal.Seal([]byte{journal.BatchVersion + 1, 0, 0})) }, false, before + journal.Window + half, before, []string{"waits"}},
		{"with a damaged index", func(w *world) { w.number(after, true); w.flip(w.table(), func(int) int { return 30 }) }, false, before + after + journal.Window + half, before + after, []string{"waits"}},
		{"made new", func(w *world) { w.number(after, true); w.remove(""); w.number(3, true) }, false, 257 + 257 + 3 - half - 1, before, []string{"waits"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.number(before, true)
			w.queue("waits")
			w.backup()
			tt.change(w)
			done, err := Restore(t.Context(), &w.opt, w.dir)
			if err != nil {
				t.Fatal(err)
			}
			if done.Known != tt.known || (done.Skipped > 0) == tt.known || (len(done.Reasons) == 0) != tt.known {
				t.Errorf("got %+v, want known %v", done, tt.known)
			}
			if queued := w.queued(); !slices.Equal(queued, tt.queued) {
				t.Errorf("queue: got %q, want %q", queued, tt.queued)
			}
			next, found := w.next(before + after)
			if tt.name == "made new" {
				// Other numbers than the first three, and all of before are behind a cycle.
				if next < before+257 || next%257 < 3 {
					t.Errorf("next ordinal: got %d, number %d", next, 1+next%257)
				}
				next = tt.next
			}
			if next != tt.next || found != tt.found {
				t.Errorf("next ordinal: got %d, want %d; found: got %d, want %d", next, tt.next, found, tt.found)
			}
			if _, err := os.Stat(filepath.Join(w.opt.Store, RestoringDir)); err == nil {
				t.Error("the new store is still being restored")
			}
			report, err := Check(t.Context(), &w.opt)
			if err != nil || len(report.Damaged) > 0 {
				t.Errorf("check: got %+v, %v, want all intact", report, err)
			}
		})
	}
}

// publish appends something to the log.
func (w *world) publish(data []byte) {
	w.Helper()
	w.in(func(ctx context.Context, s *stopped) {
		if _, err := s.conn.JS.Publish(ctx, journal.Subject, data); err != nil {
			w.Fatal(err)
		}
	})
}

// The streams in a cluster are backed up and checked, and not restored.
func TestCluster(t *testing.T) {
	js := relaytest.JetStream(t)
	w := newWorld(t)
	w.opt.Embedded, w.opt.Cluster.URL = false, js.Conn().ConnectedUrl()
	conn := broker.Connection{NC: js.Conn(), JS: js}
	if _, err := Check(t.Context(), &w.opt); err == nil || !strings.Contains(err.Error(), "stream not found") {
		t.Errorf("without a log: got %v, want it named", err)
	}
	if _, err := conn.MakeStreams(t.Context(), 1, append(w.opt.configs(), journal.StreamConfig(w.opt.Keep))...); err != nil {
		t.Fatal(err)
	}
	w.number(3, true)
	if m := w.backup(); m.Streams[0].Messages != 4 {
		t.Errorf("got %+v, want 4 batches", m)
	}
	report, err := Check(t.Context(), &w.opt)
	w.wantDamage("check", report, err, "")
	if err := w.restore(); err == nil || !strings.Contains(err.Error(), "with its own tools") {
		t.Errorf("restore: got %v, want what to do", err)
	}
}

// A log without the index that was restored with it skips what may have been assigned after the backup.
func TestRestoredLogAlone(t *testing.T) {
	w := newWorld(t)
	w.number(10, true)
	w.backup()
	w.number(5, true)
	if err := w.restore(); err != nil {
		t.Fatal(err)
	}
	w.remove(indexDir)
	if next, _ := w.next(0); next < 15 {
		t.Errorf("next ordinal: got %d, want none that was assigned", next)
	}
}

// Skips of one restore after the other never come to a cycle.
func TestRestoreAgain(t *testing.T) {
	w := newWorld(t)
	w.number(10, true)
	for i := range 4 {
		w.dir = filepath.Join(t.TempDir(), "backup")
		w.backup()
		w.remove("")
		if err := w.restore(); err != nil {
			t.Fatal(err)
		}
		if next, _ := w.next(0); next >= 10+257+journal.Window-1 {
			t.Errorf("restore %d: next ordinal: got %d, want less than a cycle further", i, next)
		}
	}
}

// The sequences of a log without its beginning stay: older batches have no serial of their own.
func TestRestoreKeepsSequences(t *testing.T) {
	w := newWorld(t)
	w.number(10, true)
	w.in(purgeLog(w, 4, 7))
	m := w.backup()
	w.remove("")
	if err := w.restore(); err != nil {
		t.Fatal(err)
	}
	w.dir = filepath.Join(t.TempDir(), "again")
	again := w.backup()
	if a, b := m.Streams[0], again.Streams[0]; a.First != 4 || b.First != a.First || b.Last != a.Last+1 || b.Messages != a.Messages+1 {
		t.Errorf("got %+v, want %+v and one more", b, a)
	}
}

// Stores of earlier releases can be checked, backed up and restored.
func TestOlderStores(t *testing.T) {
	stores, err := filepath.Glob("../../testdata/stores/*/store")
	if err != nil || len(stores) == 0 {
		t.Fatalf("no stores: %v", err)
	}
	for _, store := range stores {
		t.Run(filepath.Base(filepath.Dir(store)), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.opt.Keep = 8760 * time.Hour
			if err := os.CopyFS(w.opt.Store, os.DirFS(store)); err != nil {
				t.Fatal(err)
			}
			report, err := Check(t.Context(), &w.opt)
			w.wantDamage("check", report, err, "")
			w.in(func(ctx context.Context, s *stopped) { // what has expired is in the index only
				log, err := s.conn.JS.Stream(ctx, journal.Stream)
				if err == nil {
					err = log.Purge(ctx, jetstream.WithPurgeSequence(40))
				}
				if err != nil {
					t.Fatal(err)
				}
			})
			w.backup()
			rows := w.rows()
			w.remove("")
			if err := w.restore(); err != nil {
				t.Fatal(err)
			}
			if got := w.rows(); got < rows {
				t.Errorf("got %d rows of the index, want %d and more", got, rows)
			}
			report, err = Repair(t.Context(), &w.opt)
			w.wantDamage("repair", report, err, "")
		})
	}
}

// rows returns how many rows the index has.
func (w *world) rows() (n int) {
	w.Helper()
	w.in(func(_ context.Context, s *stopped) {
		if err := s.index.EachRow(func([]byte, []byte) bool { n++; return true }); err != nil {
			w.Fatal(err)
		}
	})
	return n
}
