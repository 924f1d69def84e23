package index

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/vfs"
)

const (
	closeTime  = 2 * time.Second // in which the store must be flushed and closed
	writePause = time.Second     // after a failed write
)

var errGivenUp = errors.New("the file system does not take what is in memory; it is read from the log again")

// guard stands between Pebble and the file system. It is there for a store that cannot be written: full,
// read-only, removed. Pebble makes a flush that failed again at once, for ever, Close waits for that, and
// after some failures Pebble wants the process to end.
type guard struct {
	vfs.FS
	log       *slog.Logger
	closeTime time.Duration // shorter in a test
	failure   func(error)   // is called when Pebble cannot write any more
	closing   chan struct{} // closed when nobody shall wait for the store any more
	givenUp   chan struct{} // closed when nothing may be written any more

	// Guarded by mu.
	mu     sync.Mutex
	failed time.Time // the last write that failed
	fatal  error     // Pebble cannot write any more
}

func newGuard(fs vfs.FS, log *slog.Logger, failure func(error)) *guard {
	return &guard{FS: fs, log: log, failure: failure, closeTime: closeTime, closing: make(chan struct{}), givenUp: make(chan struct{})}
}

// Lock locks nothing: the lock of the store is held. A store that was given up keeps its lock.
func (g *guard) Lock(string) (io.Closer, error) { return io.NopCloser(nil), nil }

// Create creates a file. Within a second of a write that failed it waits, unless the store is given up:
// then it ends the goroutine.
func (g *guard) Create(name string) (vfs.File, error) {
	g.mu.Lock()
	pause := time.Until(g.failed.Add(writePause))
	g.mu.Unlock()
	if pause > 0 {
		select {
		case <-time.After(pause):
		case <-g.givenUp:
			runtime.Goexit()
		}
	}
	if err := g.going(); err != nil {
		return nil, g.noted(err)
	}
	f, err := g.FS.Create(name)
	if err != nil {
		return nil, g.noted(err)
	}
	return guardedFile{f, g}, nil
}

// going returns an error if the store is given up. Another store may be open in its directory then, with the
// same files: one that goes on would replace or remove them.
func (g *guard) going() error {
	select {
	case <-g.givenUp:
		return errGivenUp
	default:
		return nil
	}
}

// Remove removes a file, unless the store is given up.
func (g *guard) Remove(name string) error {
	if err := g.going(); err != nil {
		return err
	}
	return g.FS.Remove(name)
}

// Rename renames a file, unless the store is given up.
func (g *guard) Rename(from, to string) error {
	if err := g.going(); err != nil {
		return err
	}
	return g.FS.Rename(from, to)
}

// noted remembers when a write failed.
func (g *guard) noted(err error) error {
	if err != nil {
		g.mu.Lock()
		g.failed = time.Now()
		g.mu.Unlock()
	}
	return err
}

// guardedFile is a file that is being written.
type guardedFile struct {
	vfs.File
	guard *guard
}

func (f guardedFile) Write(b []byte) (int, error) {
	if err := f.guard.going(); err != nil {
		return 0, f.guard.noted(err)
	}
	n, err := f.File.Write(b)
	return n, f.guard.noted(err)
}

func (f guardedFile) Sync() error { return f.guard.noted(f.File.Sync()) }

// Infof is called with what nobody needs to know.
func (*guard) Infof(string, ...any) {}

// Fatalf is called when Pebble cannot go on. If it could not write its manifest, the store can still be
// read, and opened again later: only the goroutine ends, which does not touch the store any more.
func (g *guard) Fatalf(format string, args ...any) {
	err := fmt.Errorf(strings.ReplaceAll(format, "%v", "%w"), args...)
	if !strings.HasPrefix(err.Error(), "MANIFEST") {
		g.log.Error("index cannot go on", "error", err.Error())
		os.Exit(1)
	}
	for _, a := range args {
		if cause, ok := a.(error); ok {
			err = cause
		}
	}
	g.mu.Lock()
	g.fatal = err
	g.mu.Unlock()
	if g.going() == nil {
		g.failure(err) // and else no word about the store in its place
	}
	runtime.Goexit()
}

// err returns why the store cannot be written any more; nil if it can.
func (g *guard) err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.fatal
}

// openDB opens a store. It returns an error also when Pebble calls Fatalf meanwhile, or panics because of
// what is in the files.
func (g *guard) openDB(dir string, opt *pebble.Options) (db *pebble.DB, err error) {
	opened := make(chan struct{})
	go func() {
		defer close(opened)
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%w: %v", errUnreadable, p)
			}
		}()
		err = errGivenUp
		db, err = pebble.Open(dir, opt)
	}()
	<-opened
	if fatal := g.err(); fatal != nil {
		err = fatal
	}
	return db, err
}

// within calls closeStore. If that takes too long, within gives the store up.
func (g *guard) within(closeStore func() error) error {
	closed := make(chan error, 1)
	go func() {
		err := errGivenUp
		defer func() { closed <- err }() // also if Fatalf ends the goroutine
		err = closeStore()
	}()
	t := time.NewTimer(g.closeTime)
	defer t.Stop()
	select {
	case err := <-closed:
		return err
	case <-t.C:
		close(g.givenUp)
		return fmt.Errorf("close index: %w", errGivenUp)
	}
}
