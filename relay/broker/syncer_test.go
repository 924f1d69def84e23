package broker

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/relaytest"
)

// syncedFiles is a syncer of a directory, and what it has synced.
type syncedFiles struct {
	*syncer
	t     *testing.T
	names []string
	err   error // of the next ones
}

func newSyncedFiles(t *testing.T) *syncedFiles {
	s := &syncedFiles{t: t}
	s.syncer = &syncer{dir: t.TempDir(), took: func(time.Duration) {}, sync: func(f *os.File) error {
		name, err := filepath.Rel(s.dir, f.Name())
		if err != nil {
			t.Error(err)
		}
		s.names = append(s.names, name)
		return s.err
	}}
	return s
}

// write appends to files, which it makes if they are not there.
func (s *syncedFiles) write(names ...string) {
	s.t.Helper()
	for _, name := range names {
		name = filepath.Join(s.dir, name)
		err := os.MkdirAll(filepath.Dir(name), 0o700)
		old, _ := os.ReadFile(name)
		if err := errors.Join(err, os.WriteFile(name, append(old, 'x'), 0o600)); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *syncedFiles) remove(names ...string) {
	s.t.Helper()
	for _, name := range names {
		if err := os.RemoveAll(filepath.Join(s.dir, name)); err != nil {
			s.t.Fatal(err)
		}
	}
}

// syncs does a round, and compares what it syncs.
func (s *syncedFiles) syncs(now time.Time, want ...string) {
	s.t.Helper()
	s.names = nil
	if err := s.round(now); !errors.Is(err, s.err) {
		s.t.Errorf("got %v, want %v", err, s.err)
	}
	if !slices.Equal(s.names, want) {
		s.t.Errorf("synced: got %q, want %q", s.names, want)
	}
}

// Files that were written are synced once, and the others are left alone.
func TestSyncer(t *testing.T) {
	s, later := newSyncedFiles(t), time.Now().Add(time.Hour)
	s.syncs(later)
	s.write("A/msgs/1.blk", "A/msgs/2.blk", "A/msgs/3.blk", "A/msgs/index.db", "A/msgs/4.blk.tmp", "A/meta.inf", "B/msgs/1.blk")
	s.syncs(later, "A/msgs/2.blk", "A/msgs", "A/msgs/3.blk", "B/msgs", "B/msgs/1.blk")
	s.syncs(later)
	s.write("A/msgs/3.blk")
	s.syncs(later, "A/msgs/3.blk")
	s.write("A/msgs/3.blk", "A/msgs/4.blk")
	s.syncs(later, "A/msgs/3.blk", "A/msgs", "A/msgs/4.blk")
	s.remove("A/msgs/1.blk", "A/msgs/2.blk")
	s.syncs(later)
	s.write("A/msgs/4.blk", "A/msgs/5.blk", "A/msgs/6.blk", "B/msgs/1.blk")
	s.syncs(later, "A/msgs/4.blk", "A/msgs/5.blk", "A/msgs", "A/msgs/6.blk", "B/msgs/1.blk")
	s.remove("A", "B/msgs/1.blk")
	s.syncs(later, "B/msgs")
	s.syncs(later)
	s.write("A/msgs/1.blk")
	s.syncs(later, "A/msgs", "A/msgs/1.blk")
}

// What changes a file without making it longer is noticed.
func TestSyncerOverwritten(t *testing.T) {
	s, later := newSyncedFiles(t), time.Now().Add(time.Hour)
	s.write("A/msgs/1.blk")
	s.syncs(later, "A/msgs", "A/msgs/1.blk")
	if err := os.Chtimes(filepath.Join(s.dir, "A/msgs/1.blk"), later, later); err != nil {
		t.Fatal(err)
	}
	s.syncs(later, "A/msgs/1.blk")
}

// A file that is made at once after a look at the directory is found, although the clock of the file
// system may not have moved on.
func TestSyncerCoarseClock(t *testing.T) {
	s := newSyncedFiles(t)
	s.write("A/msgs/1.blk")
	dir := filepath.Join(s.dir, "A/msgs")
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.syncs(info.ModTime(), "A/msgs", "A/msgs/1.blk")
	s.write("A/msgs/2.blk")
	if err := os.Chtimes(dir, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	s.syncs(info.ModTime(), "A/msgs/1.blk", "A/msgs", "A/msgs/2.blk")
}

// A file that could not be synced is synced again.
func TestSyncerFails(t *testing.T) {
	s, later := newSyncedFiles(t), time.Now().Add(time.Hour)
	s.write("A/msgs/1.blk", "B/msgs/1.blk")
	s.err = errors.New("no disk")
	s.syncs(later, "A/msgs", "B/msgs")
	s.err = nil
	s.syncs(later, "A/msgs", "A/msgs/1.blk", "B/msgs", "B/msgs/1.blk")
}

// A syncer works until it is stopped, and then once more.
func TestSyncerTurns(t *testing.T) {
	for name, every := range map[string]time.Duration{"now and then": time.Millisecond, "when it is stopped": time.Hour} {
		t.Run(name, func(t *testing.T) {
			files, synced := newSyncedFiles(t), make(chan string, 100)
			files.write("A/msgs/1.blk")
			s := startSyncer(&syncer{
				dir: files.dir, every: every, took: func(time.Duration) {}, failed: func(err error) { t.Error(err) },
				sync: func(f *os.File) error { synced <- f.Name(); return nil },
			})
			if every == time.Hour {
				s.stop()
			} else {
				defer s.stop()
			}
			for _, want := range []string{"A/msgs", "A/msgs/1.blk"} {
				if got := relaytest.Receive(t, synced); got != filepath.Join(files.dir, want) {
					t.Errorf("synced %s, want %s", got, want)
				}
			}
		})
	}
}

// What was published is synced when the server has stopped.
func TestServerSyncs(t *testing.T) {
	f := serve(t, func(o *Options) { o.Sync = time.Hour })
	_, js := f.own(t)
	ctx := relaytest.Deadline(t)
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(ctx, "s", nil); err != nil {
		t.Fatal(err)
	}
	f.Shutdown()
	if n := relaytest.Metric(t, f.metrics, "readback_store_sync_seconds", ""); n < 1 {
		t.Error("no file was synced")
	}
}

// A disk that fails makes the server one that cannot be used.
func TestSyncFailureStops(t *testing.T) {
	f := serve(t, nil)
	now := f.running.Load()
	broken := startSyncer(&syncer{
		dir: f.streams(), every: time.Millisecond, took: func(time.Duration) {}, failed: now.log.fails,
		sync: func(*os.File) error { return errors.New("no disk") },
	})
	t.Cleanup(broken.stop)
	_, js := f.own(t)
	_, _ = js.CreateStream(relaytest.Deadline(t), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}}) // the server may be gone
	<-now.log.working.Done()
	if f.log.Count("store cannot be written") != 1 {
		t.Errorf("log: got %q", f.log.All)
	}
}
