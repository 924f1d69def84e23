package index

import (
	"context"
	"errors"
	"time"

	"github.com/cockroachdb/pebble"

	"readback/internal/crash"
)

// What an erasure deletes stays in the files of the store until Pebble happens to compact them, and so do the
// names of deleted rows. The manifest of Pebble has the first and the last key of each file, also of files that
// are gone. The erasure notes which ranges of keys it has touched, and Purge compacts these and has a new
// manifest written. An index in which an erasure was noted, but not purged, has the row keyUnpurged.
var keyUnpurged = []byte{prefixPerson, 'p'}

const (
	purgePasses = 10 // most need one
	purgeApart  = 64 // ranges of a group that are compacted one by one
	purgeSettle = 100 * time.Millisecond
	purgeWait   = 20 * time.Second      // until compactions that are at work have ended
	purgeLook   = 10 * time.Millisecond // how often to look for that
)

var (
	errTraces = errors.New("rows that were erased are still in the files of the index")
	errBusy   = errors.New("the index is being compacted or copied, and that does not come to an end")
)

// readUnpurged notes all that may be to be purged, if an erasure before was not purged. The caller holds mu.
func (ix *Index) readUnpurged() error {
	value, err := copyOf(ix.db.Get(keyUnpurged))
	if value != nil {
		ix.purge.noteAll()
	}
	return err
}

// wait waits until no purge is at work, but not for ever: the disk may take nothing.
func (p *purge) wait() {
	t := time.NewTimer(purgeWait)
	defer t.Stop()
	select {
	case p.busy <- struct{}{}:
		<-p.busy
	case <-t.C:
	}
}

// Purge removes from the files of the index what erasures have deleted. Before it returns nil, no file has the
// octets of any of it. After an error it is to be called again. It returns when ctx ends, and goes on for as
// long as the compaction at work takes. It does nothing if there is nothing to purge.
func (ix *Index) Purge(ctx context.Context) error {
	select {
	case ix.purge.busy <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	done := make(chan error, 1)
	go func() { // Close waits for it
		defer crash.OnPanic()
		defer func() { <-ix.purge.busy }()
		done <- ix.purgeNoted(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (ix *Index) purgeNoted(ctx context.Context) error {
	all, err := ix.takeNoted(ctx)
	if err == nil && len(all) == 0 {
		return nil
	}
	if err == nil {
		err = ix.purgeRanges(ctx, all)
	}
	if err == nil {
		err = ix.setPurged()
	}
	if err == nil {
		err = ix.renewManifest(ctx) // also the next Open would do that
	}
	if err != nil {
		for _, r := range all {
			ix.purge.note(groupOf(r), r)
		}
		ix.noticed(err)
		ix.log.Warn("files of the index could not be purged of what was erased", "error", err)
	}
	return err
}

// takeNoted returns all that is to be purged, and forgets it. It waits for the batch that is being applied: an
// erasure notes the keys before they are deleted.
func (ix *Index) takeNoted(ctx context.Context) ([]keyRange, error) {
	if ix.purge.isEmpty() {
		return nil, nil
	}
	if err := ix.lockAlone(ctx); err != nil {
		return nil, err
	}
	defer ix.unlockAlone()
	return ix.purge.take(), nil
}

// purgeRanges compacts ranges of keys until no deleted row is left in them.
func (ix *Index) purgeRanges(ctx context.Context, all []keyRange) error {
	for pass := 0; len(all) > 0; pass++ {
		if pass == purgePasses {
			return errTraces
		}
		if err := ix.FlushContext(ctx); err != nil {
			return err
		}
		for _, r := range all {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := ix.compact(r); err != nil {
				return err
			}
		}
		var err error
		if all, err = ix.touchTraces(ctx, all); err != nil {
			return err
		}
	}
	return nil
}

// compact has Pebble merge all files that have keys of a range. It ends when the index is closed: Pebble may try
// for ever, and does not say when it has given up.
func (ix *Index) compact(r keyRange) error {
	ix.mu.RLock()
	db, guard := ix.db, ix.guard
	ix.mu.RUnlock()
	if db == nil {
		return ErrClosed
	}
	done := make(chan error, 1)
	go func() {
		defer func() {
			switch p := recover(); p {
			case nil:
			case pebble.ErrClosed: // just before
				done <- ErrClosed
			default:
				panic(p)
			}
		}()
		done <- db.Compact(r.first, r.end, false)
	}()
	select {
	case err := <-done:
		return err
	case <-guard.closing:
		return ErrClosed
	}
}

// store returns the store for a purge. It stays open until the purge has ended.
func (ix *Index) store() (*pebble.DB, error) {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return nil, ErrClosed
	}
	return ix.db, nil
}

// setPurged notes that all is purged, unless an erasure has come meanwhile.
func (ix *Index) setPurged() error {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	ix.purge.mu.Lock()
	defer ix.purge.mu.Unlock()
	if ix.db == nil {
		return ErrClosed
	}
	if len(ix.purge.ranges) > 0 {
		return nil
	}
	return ix.db.Delete(keyUnpurged, pebble.NoSync)
}
