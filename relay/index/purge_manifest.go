package index

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cockroachdb/pebble"
)

// renewManifest closes the store and opens it again. Then all files that are not used any more are gone, and the
// manifest is a new one, which has the keys of files that are there. Whoever uses the index waits meanwhile,
// for some milliseconds.
func (ix *Index) renewManifest(ctx context.Context) error {
	ix.purge.paused.Store(true)
	defer ix.purge.paused.Store(false)
	if err := ix.awaitIdle(ctx); err != nil {
		return err
	}
	if err := ix.FlushContext(ctx); err != nil {
		return err
	}
	if err := ix.lockAlone(ctx); err != nil {
		return err
	}
	defer ix.unlockAlone()
	if ix.db == nil {
		return ErrClosed
	}
	if ix.hasMoved() {
		return ErrMoved
	}
	forget := ix.recent.rotate()
	db, guard := ix.db, ix.guard
	err := guard.within(func() error { return errors.Join(ix.staged.writeTo(db), db.Flush(), db.Close()) })
	ix.db = nil
	if err == nil {
		forget()
		err = ix.open()
	}
	if err != nil {
		err = fmt.Errorf("open the index again: %w", err)
		ix.failed(err) // the ledger opens it again
	}
	return err
}

// awaitIdle waits until no compaction is at work, since Close would wait for it.
func (ix *Index) awaitIdle(ctx context.Context) (failed error) {
	err := await(ctx, func() bool {
		db, err := ix.store()
		failed = err
		return err != nil || db.Metrics().Compact.NumInProgress == 0
	})
	return firstError(failed, err)
}

// lockAlone locks mu for writing. It waits for whoever has the index for long before that, since nobody can use
// the index while mu is waited for.
func (ix *Index) lockAlone(ctx context.Context) error {
	if err := await(ctx, ix.long.TryLock); err != nil {
		return err
	}
	ix.mu.Lock()
	return nil
}

func (ix *Index) unlockAlone() {
	ix.mu.Unlock()
	ix.long.Unlock()
}

// await looks whether something is so until it is, or ctx ends, or it takes too long.
func await(ctx context.Context, isSo func() bool) error {
	for end := time.Now().Add(purgeWait); !isSo(); {
		if time.Now().After(end) {
			return errBusy
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(purgeLook):
		}
	}
	return nil
}

// removeOldManifests removes the manifests before the current one. Pebble keeps one of them. The caller holds mu.
func (ix *Index) removeOldManifests() error {
	desc, err := pebble.Peek(ix.dir, ix.fs)
	if err != nil {
		return err
	}
	names, err := ix.fs.List(ix.dir)
	if err != nil {
		return err
	}
	current := filepath.Base(desc.ManifestFilename)
	for _, name := range names {
		if !strings.HasPrefix(name, "MANIFEST-") || name == current {
			continue
		}
		if err := ix.fs.Remove(filepath.Join(ix.dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
