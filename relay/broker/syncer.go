package broker

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"readback/internal/crash"
)

// serverSync is how often the embedded server syncs the files itself. It holds the lock of a file
// meanwhile: what is published waits for the disk. Once in a while does no harm, and it also compacts then.
const serverSync = 30 * time.Second

// recent is how long after a change a directory may look as it did, when it changes again: the clock of the
// file system is a coarse one.
const recent = time.Second

// syncer syncs the files in which the streams store their messages, each time that they were written to. The
// server goes on writing meanwhile. What is written to a file is synced after the time every at most, whoever
// wrote it.
type syncer struct {
	// Static after construction.
	dir     string // of the streams
	every   time.Duration
	sync    func(*os.File) error // (*os.File).Sync, except in tests
	took    func(time.Duration)  // called with the time that each file took
	failed  func(error)          // called when the disk does not take what was written
	changes changes              // lets the syncer sleep while nothing is written; nil: it looks each time

	stopping, stopped chan struct{}

	// Owned by its goroutine.
	streams  map[string]*streamFiles
	expected bool // whether wait returns at the next change in any of the directories
}

// changes tells of writes to files in directories.
type changes interface {
	// expect makes wait return once something is written to a file in dir, or a file appears there. It must be
	// called again for the change after that.
	expect(dir string) error
	// wait returns after a change that was expected, and maybe without one.
	wait()
	// interrupt has wait return from now on. It may be called from any goroutine.
	interrupt()
	close() error
}

// streamFiles is what was synced of a stream.
type streamFiles struct {
	listed time.Time // when the files were last listed
	known  time.Time // when the directory had changed last then
	last   int       // the file that is being written; files before it do not change
	size   int64     // of it
	at     time.Time // when it was last written
}

// messagesDir is where a stream has the files with its messages, in its directory.
const messagesDir = "msgs"

// startSyncer has s sync on a goroutine until stop is called. It closes the changes of s then.
func startSyncer(s *syncer) *syncer {
	s.stopping, s.stopped = make(chan struct{}), make(chan struct{})
	go func() {
		defer crash.OnPanic()
		defer close(s.stopped)
		s.run()
	}()
	return s
}

func (s *syncer) run() {
	if s.changes != nil {
		defer func() { _ = s.changes.close() }()
	}
	for {
		began := time.Now()
		s.look()
		turn := time.NewTimer(time.Until(s.next(began)))
		select {
		case <-turn.C:
		case <-s.stopping:
			turn.Stop()
			s.look()
			return
		}
	}
}

// next returns when to look again after a look that began then. If it can, it first waits until something is
// written. What was written during the look is due when the time every has passed since its beginning.
func (s *syncer) next(began time.Time) time.Time {
	due := began.Add(s.every)
	if !s.expected || time.Now().After(due) {
		return due
	}
	s.changes.wait()
	if now := time.Now(); now.After(due) {
		return now.Add(s.every)
	}
	return due
}

// stop syncs once more. It returns when that is done.
func (s *syncer) stop() {
	close(s.stopping)
	if s.changes != nil {
		s.changes.interrupt()
	}
	<-s.stopped
}

func (s *syncer) look() {
	if err := s.round(time.Now()); err != nil {
		s.failed(err)
	}
}

// expect asks to be told of the next change in a directory. The caller looks at the directory after that.
func (s *syncer) expect(dir string) {
	s.expected = s.expected && s.changes.expect(dir) == nil
}

// round syncs what has changed since the last one.
func (s *syncer) round(now time.Time) error {
	s.expected = s.changes != nil
	s.expect(s.dir)
	dirs, err := os.ReadDir(s.dir)
	if err != nil {
		return unlessGone(err)
	}
	there := make(map[string]bool, len(dirs))
	var errs []error
	for _, d := range dirs {
		there[d.Name()] = true
		f := s.streams[d.Name()]
		if f == nil {
			f = new(streamFiles)
			if s.streams == nil {
				s.streams = make(map[string]*streamFiles)
			}
			s.streams[d.Name()] = f
		}
		errs = append(errs, unlessGone(s.stream(f, filepath.Join(s.dir, d.Name(), messagesDir), now)))
	}
	for name := range s.streams {
		if !there[name] {
			delete(s.streams, name)
		}
	}
	return errors.Join(errs...)
}

// unlessGone returns an error that is not that something was removed: the server removes files, too.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// stream syncs the files of a stream.
func (s *syncer) stream(f *streamFiles, dir string, now time.Time) error {
	s.expect(dir)
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if changed := info.ModTime(); !changed.Equal(f.known) || f.listed.Sub(changed) < recent {
		if err := s.list(f, dir); err != nil {
			return err
		}
		f.known, f.listed = changed, now
	}
	if f.last == 0 {
		return nil
	}
	name := filepath.Join(dir, blockName(f.last))
	if info, err = os.Stat(name); err != nil {
		return err
	}
	if info.Size() == f.size && info.ModTime().Equal(f.at) {
		return nil
	}
	if err := s.file(name); err != nil {
		return err
	}
	f.size, f.at = info.Size(), info.ModTime()
	return nil
}

// list finds the file that is being written. If that is another one than before, it syncs those before it that
// were written meanwhile, and the directory.
func (s *syncer) list(f *streamFiles, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	last, blocks := 0, []int(nil)
	for _, e := range entries {
		if n := blockNumber(e.Name()); n > 0 {
			blocks = append(blocks, n)
			last = max(last, n)
		}
	}
	if last == f.last {
		return nil
	}
	first := f.last
	if first == 0 || first > last { // they were not looked at before, or the stream was made again
		first = last - 1
	}
	for _, n := range blocks {
		if n >= first && n < last {
			if err := unlessGone(s.file(filepath.Join(dir, blockName(n)))); err != nil {
				return err
			}
		}
	}
	if err := s.file(dir); err != nil {
		return err
	}
	f.last, f.size, f.at = last, -1, time.Time{}
	return nil
}

// file syncs a file, or a directory.
func (s *syncer) file(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	began := time.Now()
	err = s.sync(f)
	s.took(time.Since(began))
	return errors.Join(err, f.Close())
}

// The files of a stream are numbered, as 12.blk.
const blockSuffix = ".blk"

func blockName(n int) string { return strconv.Itoa(n) + blockSuffix }

// blockNumber returns the number of a file of messages; 0 if name is that of another one.
func blockNumber(name string) int {
	digits, ok := strings.CutSuffix(name, blockSuffix)
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 0 {
		return 0
	}
	return n
}
