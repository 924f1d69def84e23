package index

import (
	"bytes"
	"context"
	"time"

	"github.com/cockroachdb/pebble"
)

// touchTraces returns the ranges that still have the keys of deleted rows, and deletes these rows again. Pebble
// does not compact a file that overlaps with no other, but moves it to the next level. The new deletions
// overlap with it.
func (ix *Index) touchTraces(ctx context.Context, all []keyRange) (left []keyRange, err error) {
	for _, r := range all {
		if !r.named {
			continue
		}
		traces, err := ix.traces(ctx, r)
		if len(traces) > 0 { // Pebble may be about to compact a file of deletions by itself
			time.Sleep(purgeSettle)
			traces, err = ix.traces(ctx, r)
		}
		if err != nil {
			return nil, err
		}
		if len(traces) == 0 {
			continue
		}
		left = append(left, r)
		for _, key := range traces {
			if err := ix.deleteAgain(ctx, key); err != nil {
				return nil, err
			}
		}
	}
	return left, nil
}

// traces returns the keys in a range whose rows are deleted, and not yet gone from the files.
func (ix *Index) traces(ctx context.Context, r keyRange) (keys [][]byte, err error) {
	db, err := ix.store()
	if err != nil {
		return nil, err
	}
	err = db.ScanInternal(ctx, r.first, r.end,
		func(key *pebble.InternalKey, _ pebble.LazyValue, _ pebble.IteratorLevel) error {
			if key.Kind() == pebble.InternalKeyKindDelete || key.Kind() == pebble.InternalKeyKindSingleDelete {
				keys = append(keys, bytes.Clone(key.UserKey))
			}
			return nil
		},
		func(start, _ []byte, _ uint64) error {
			if len(start) > 3 { // the ranges of expired days have no address
				keys = append(keys, bytes.Clone(start))
			}
			return nil
		}, nil, nil)
	return keys, err
}

// deleteAgain deletes a row that is deleted, unless there is one again.
func (ix *Index) deleteAgain(ctx context.Context, key []byte) error {
	if err := ix.lockAlone(ctx); err != nil { // nothing is applied meanwhile
		return err
	}
	defer ix.unlockAlone()
	if ix.db == nil {
		return ErrClosed
	}
	value, err := copyOf(ix.db.Get(key))
	if err != nil || value != nil {
		return err
	}
	return ix.db.Delete(key, pebble.NoSync)
}
