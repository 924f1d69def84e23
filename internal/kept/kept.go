// Package kept holds what some files say, and reads them again when they change.
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

// defaultWatch is how often files are looked at unless the caller says otherwise.
const defaultWatch = 5 * time.Second

// Files is the newest sound content of some files. Reload is called before anything
// else; the methods may be called from any goroutine then.
type Files[T any] struct {
	// Static after construction.
	What  string   // they hold, for the log
	Names []string // of the files
	Read  func() (*T, error)

	now atomic.Pointer[T]

	mu     sync.Mutex    // one reads at a time
	seen   []fs.FileInfo // guarded by mu: the files when they were last read
	failed bool          // guarded by mu: the last reading did
}

// Now is the content.
func (k *Files[T]) Now() *T { return k.now.Load() }

// Reload reads the files. On an error the content stays as it was.
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

// refresh reads the files if they have changed, or could not be read the last time:
// what was wrong then, such as a permission, need not show in the files.
func (k *Files[T]) refresh() (reloaded bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	seen := k.stat() // before reading: what is written meanwhile shows the next time
	if !k.failed && slices.EqualFunc(seen, k.seen, sameFile) {
		return false, nil
	}
	if err := k.reloadAt(seen); err != nil {
		return false, err
	}
	return true, nil
}

// stat follows symbolic links: Kubernetes swaps the one of the directory above.
func (k *Files[T]) stat() []fs.FileInfo {
	infos := make([]fs.FileInfo, len(k.Names))
	for i, f := range k.Names {
		infos[i], _ = os.Stat(f) // nil: the file is away, and reading says so
	}
	return infos
}

func sameFile(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// Watch reads the files again when they change, and logs that, until ctx ends. It looks
// at them that often; 0: every 5 s.
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

// look refreshes and logs what came of it, an error only if it is not the one said
// before. It returns the error that stands.
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
