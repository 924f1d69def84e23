package index

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/record"
	"github.com/cockroachdb/pebble/vfs"
)

var (
	// ErrDamaged is the error of an index that cannot be read. It has to be built again from the log.
	ErrDamaged = errors.New("index is damaged")

	// errUnreadable says that a row, or a file, says what it cannot say.
	errUnreadable = errors.New("store cannot be read")
)

// failure is why the store cannot go on.
type failure struct {
	// Guarded by mu.
	mu     sync.Mutex
	err    error         // nil: it can
	failed chan struct{} // closed when err is set
}

func (f *failure) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err, f.failed = nil, make(chan struct{})
}

func (f *failure) set(err error) (first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil || f.failed == nil {
		return false
	}
	f.err = err
	close(f.failed)
	return true
}

func (f *failure) get() (failed <-chan struct{}, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed, f.err
}

// Failed returns a channel that is closed when the store cannot go on, because it is damaged or cannot be
// written. It is another one after each Open.
func (ix *Index) Failed() <-chan struct{} {
	failed, _ := ix.failure.get()
	return failed
}

// noticed looks whether an error of the store says that it cannot go on.
func (ix *Index) noticed(err error) {
	if err == nil || errors.Is(err, ErrClosed) || !isDamage(err) {
		return
	}
	ix.damaged(err)
}

// damaged notes that the store is damaged, and says so once.
func (ix *Index) damaged(err error) {
	if ix.failure.set(fmt.Errorf("%w: %w", ErrDamaged, err)) {
		ix.log.Error("index is damaged; it will be built again from the log, reads get 503 until then", "error", err.Error())
	}
}

// isDamage reports whether an error of Pebble says that a file is not what it wrote, or is not there.
func isDamage(err error) bool {
	return pebble.IsCorruptionError(err) || errors.Is(err, errUnreadable) ||
		errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.EIO)
}

// isDamageAtOpen reports whether the store could not be opened because of what is in it. Other errors are
// of the file system: there is no room, or no permission.
func isDamageAtOpen(err error) bool {
	var no syscall.Errno
	return isDamage(err) || !errors.As(err, &no) || no == syscall.ENOENT || no == syscall.EIO
}

// checkManifest returns an error if the manifest of the store in dir is damaged. Pebble leaves out what
// comes behind damage in it. Old rows would then hide new ones.
func checkManifest(fs vfs.FS, dir string) error {
	desc, err := pebble.Peek(dir, fs)
	if err != nil || !desc.Exists {
		return nil // pebble.Open says it
	}
	f, err := fs.Open(desc.ManifestFilename)
	if err != nil {
		return err
	}
	records := record.NewReader(f, 0)
	for err == nil {
		var r io.Reader
		if r, err = records.Next(); err == nil {
			_, err = io.Copy(io.Discard, r)
		}
	}
	_ = f.Close() // it was only read
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("%w: %s: %w", errUnreadable, desc.ManifestFilename, err)
}

// failed is called when Pebble cannot write any more.
func (ix *Index) failed(err error) {
	if ix.failure.set(err) { // again after each try to open it
		ix.complain.Do(func() { ix.log.Error("index cannot be written, it is opened again", "error", err.Error()) })
	}
}

const damagePause = 50 * time.Millisecond

// backgroundError is called by Pebble when a flush or a compaction has failed. It tries again by itself.
func (ix *Index) backgroundError(err error) {
	if isDamage(err) {
		ix.noticed(err)
		time.Sleep(damagePause) // Pebble looks at a damaged table again at once, until the store is closed
		return
	}
	ix.complain.Do(func() { ix.log.Error("index cannot be written to the disk", "error", err.Error()) })
}
