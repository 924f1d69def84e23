package broker

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/relaytest"
)

// toldChanges are changes that a test tells of.
type toldChanges struct {
	changed  chan struct{}
	expected []string
	refuse   string // the directory of which no changes are told
}

func (c *toldChanges) expect(dir string) error {
	if c.expected = append(c.expected, dir); dir == c.refuse {
		return os.ErrNotExist
	}
	return nil
}

func (c *toldChanges) wait()        { <-c.changed }
func (c *toldChanges) interrupt()   { c.changed <- struct{}{} }
func (c *toldChanges) close() error { return nil }

// toldSyncer is a syncer that runs, learns of changes from a test, and looks four times a second. During a
// sync it may be told of another write.
type toldSyncer struct {
	*syncedFiles
	changes *toldChanges
	synced  []time.Duration // when, since the beginning
	began   time.Time
	during  func()
}

func newToldSyncer(t *testing.T, refuse string) *toldSyncer {
	s := &toldSyncer{syncedFiles: newSyncedFiles(t), began: time.Now(), during: func() {}}
	s.write("A/msgs/1.blk")
	s.changes = &toldChanges{changed: make(chan struct{}, 1)}
	if refuse != "" {
		s.changes.refuse = filepath.Join(s.dir, refuse)
	}
	s.syncer = startSyncer(&syncer{
		dir: s.dir, every: 250 * time.Millisecond, changes: s.changes,
		took: func(time.Duration) {}, failed: func(err error) { t.Error(err) },
		sync: func(*os.File) error {
			s.synced = append(s.synced, time.Since(s.began))
			s.during()
			return nil
		},
	})
	synctest.Wait()
	return s
}

// at writes at a time since the beginning, says so, and waits until the syncer has nothing to do.
func (s *toldSyncer) at(when time.Duration) {
	time.Sleep(time.Until(s.began.Add(when)))
	s.write("A/msgs/1.blk")
	s.changes.changed <- struct{}{}
	synctest.Wait()
}

func (s *toldSyncer) wants(want ...time.Duration) {
	s.t.Helper()
	if !slices.Equal(s.synced, want) {
		s.t.Errorf("synced: got %v, want %v", s.synced, want)
	}
}

// A syncer does nothing while nothing is written, and syncs in time what is.
func TestSyncerSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newToldSyncer(t, "")
		s.at(time.Hour)
		time.Sleep(250 * time.Millisecond)
		synctest.Wait()
		s.wants(0, 0, time.Hour+250*time.Millisecond) // the directory, and the file twice
		var want []string
		for range 2 {
			want = append(want, s.dir, filepath.Join(s.dir, "A/msgs"))
		}
		if got := s.changes.expected; !slices.Equal(got, want) {
			t.Errorf("expected changes: got %q, want %q", got, want)
		}
		s.write("A/msgs/1.blk")
		s.stop()
		s.wants(0, 0, time.Hour+250*time.Millisecond, time.Hour+250*time.Millisecond)
	})
}

// What is written during a look is synced when the time between looks has passed since the look began, or as
// soon as the look has ended.
func TestSyncerBound(t *testing.T) {
	for _, took := range []time.Duration{50 * time.Millisecond, 300 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			s := newToldSyncer(t, "")
			s.during = func() {
				s.during = func() {}
				time.Sleep(took)
				s.write("A/msgs/1.blk")
				s.changes.changed <- struct{}{}
			}
			s.at(time.Hour)
			time.Sleep(time.Second)
			synctest.Wait()
			first := time.Hour + 250*time.Millisecond
			s.wants(0, 0, first, first+max(took, 250*time.Millisecond))
			s.stop()
		})
	}
}

// A syncer that would not learn of all changes looks each time.
func TestSyncerLooksInstead(t *testing.T) {
	for _, unknown := range []string{".", "A/msgs"} {
		synctest.Test(t, func(t *testing.T) {
			s := newToldSyncer(t, unknown)
			time.Sleep(time.Hour)
			synctest.Wait()
			s.write("A/msgs/1.blk")
			time.Sleep(250 * time.Millisecond)
			synctest.Wait()
			if len(s.synced) != 3 {
				t.Errorf("synced: got %v, want the directory, and the file twice", s.synced)
			}
			s.stop()
		})
	}
}

// Whatever changes the files of a directory is noticed, once for each time that it is expected.
func TestChanges(t *testing.T) {
	for name, change := range map[string]func(name string) error{
		"append": func(name string) error {
			f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				return err
			}
			_, err = f.Write([]byte{1})
			return errors.Join(err, f.Close())
		},
		"truncate":      func(name string) error { return os.Truncate(name, 1) },
		"new file":      func(name string) error { return os.WriteFile(name+"2", nil, 0o600) },
		"new directory": func(name string) error { return os.Mkdir(name+"2", 0o700) },
		"replace": func(name string) error {
			other := filepath.Join(filepath.Dir(filepath.Dir(name)), "other")
			return errors.Join(os.WriteFile(other, nil, 0o600), os.Rename(other, name))
		},
		"move the directory":   func(name string) error { return os.Rename(filepath.Dir(name), filepath.Dir(name)+"2") },
		"remove the directory": func(name string) error { return os.RemoveAll(filepath.Dir(name)) },
	} {
		t.Run(name, func(t *testing.T) {
			c, err := newChanges()
			if errors.Is(err, errors.ErrUnsupported) {
				t.Skip(err)
			}
			file := filepath.Join(t.TempDir(), "dir", "1.blk")
			if err := errors.Join(err, os.Mkdir(filepath.Dir(file), 0o700), os.WriteFile(file, []byte("abc"), 0o600)); err != nil {
				t.Fatal(err)
			}
			waited := make(chan struct{})
			if err := errors.Join(c.expect(filepath.Dir(file)), change(file)); err != nil {
				t.Fatal(err)
			}
			go func() { c.wait(); close(waited) }()
			relaytest.Receive(t, waited)
			if err := c.close(); err != nil {
				t.Error(err)
			}
			if c.expect(filepath.Dir(file)+"/none") == nil {
				t.Error("a directory that is not there can be expected to change")
			}
		})
	}
}

// An interrupt ends the wait for a change that does not come.
func TestChangesInterrupted(t *testing.T) {
	c, err := newChanges()
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err := errors.Join(err, c.expect(t.TempDir())); err != nil {
		t.Fatal(err)
	}
	waited := make(chan struct{})
	go func() { c.wait(); close(waited) }()
	c.interrupt()
	relaytest.Receive(t, waited)
	if err := c.close(); err != nil {
		t.Error(err)
	}
}

// A syncer wakes when something is written to a file that it knows, to a new one, and to that of a new stream.
func TestSyncerWakes(t *testing.T) {
	c, err := newChanges()
	if err != nil {
		t.Skip(err)
	}
	files, synced := newSyncedFiles(t), make(chan string, 100)
	files.write("A/msgs/1.blk")
	s := startSyncer(&syncer{
		dir: files.dir, every: time.Millisecond, changes: c,
		took: func(time.Duration) {}, failed: func(err error) { t.Error(err) },
		sync: func(f *os.File) error { synced <- f.Name(); return nil },
	})
	defer s.stop()
	for _, write := range []string{"A/msgs/1.blk", "A/msgs/1.blk", "A/msgs/2.blk", "B/msgs/1.blk", "B/msgs/1.blk"} {
		files.write(write)
		for name := ""; name != filepath.Join(files.dir, write); {
			name = relaytest.Receive(t, synced)
		}
	}
}

// The syncer of a server sleeps where that can be done.
func TestServerSyncerSleeps(t *testing.T) {
	c, err := newChanges()
	if err != nil {
		t.Skip(err)
	}
	if err := c.close(); err != nil {
		t.Error(err)
	}
	if serve(t, nil).running.Load().syncer.changes == nil {
		t.Error("the syncer looks each time")
	}
}
