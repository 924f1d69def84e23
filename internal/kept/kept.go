// Package kept holds the contents of files, and reads the files again when they change.
package kept

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// defaultWatch is how often files are checked unless the caller sets another interval.
const defaultWatch = 5 * time.Second

// Files holds the newest valid contents of some files. Call Reload before anything else.
// After that, any goroutine may call the methods.
type Files[T any] struct {
	// Static after construction.
	What  string   // what the files contain, for the log
	Names []string // of the files
	Read  func() (*T, error)

	now atomic.Pointer[T]

	mu     sync.Mutex    // one reads at a time
	seen   []fs.FileInfo // guarded by mu: the files when they were last read
	failed bool          // guarded by mu: the last reading failed
}

// Now returns the contents.
func (k *Files[T]) Now() *T { return k.now.Load() }

// Reload reads the files. After an error the contents stay as they were.
func (k *Files[T]) Reload() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.reloadAt(k.stat())
}

func (k *Files[T]) reloadAt(seen []fs.FileInfo) error {
	content, err := k.Read()
	k.seen, k.failed = seen, err != nil
	if err != nil {
		return err
	}
	k.now.Store(content)
	return nil
}

// refresh reads the files if they have changed. It also does after a failed reading, because
// its cause, such as a permission, need not change the files.
func (k *Files[T]) refresh() (reloaded bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	seen := k.stat() // before reading: a later write then shows in the next check
	if !k.failed && slices.EqualFunc(seen, k.seen, sameFile) {
		return false, nil
	}
	if err := k.reloadAt(seen); err != nil {
		return false, err
	}
	return true, nil
}

// stat follows symbolic links, because Kubernetes replaces the link of the directory above.
func (k *Files[T]) stat() []fs.FileInfo {
	infos := make([]fs.FileInfo, len(k.Names))
	for i, f := range k.Names {
		infos[i], _ = os.Stat(f) // nil: the file is missing; reading reports it
	}
	return infos
}

func sameFile(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// Watch reads the files again when they change, and logs that, until ctx ends. It checks them
// at the given interval; 0: every 5 s.
func (k *Files[T]) Watch(ctx context.Context, every time.Duration, log *slog.Logger) {
	if every <= 0 {
		every = defaultWatch
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for said := ""; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			said = k.look(log, said)
		}
	}
}

// look refreshes the contents and logs the result. It logs an error only if it differs from
// the one before. It returns the current error.
func (k *Files[T]) look(log *slog.Logger, said string) string {
	reloaded, err := k.refresh()
	if err != nil {
		if err.Error() != said {
			log.Error(k.What+" not reloaded, those before stay in use", "files", k.Names, "error", err)
		}
		return err.Error()
	}
	if reloaded {
		log.Info(k.What+" reloaded", "files", k.Names)
	}
	return ""
}
