package index

import (
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble"
)

// Checkpoint writes a copy of the store to dir, which must not exist. The copy has what the store had when
// Checkpoint was called. The store can be used meanwhile.
func (ix *Index) Checkpoint(dir string) error {
	if err := ix.Flush(); err != nil {
		return err
	}
	ix.long.RLock() // on another disk the copy takes as long as all files do
	defer ix.long.RUnlock()
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return ErrClosed
	}
	if err := ix.db.Checkpoint(dir); err != nil {
		return fmt.Errorf("copy the index: %w", err)
	}
	return nil
}

// Tie has the index follow the log that was made at a time, as it followed the one that this is a copy of,
// with the same sequences.
func (ix *Index) Tie(created int64) error {
	meta, err := ix.get(keyMeta)
	if err != nil || len(meta) != metaLen {
		return err // Replay says what is wrong
	}
	return ix.set(keyMeta, append(meta[:1], metaValue(created)[1:]...))
}

// openOld opens a store that only takeOver and Outnumber read.
func (ix *Index) openOld(dir string, log *slog.Logger) (*pebble.DB, error) {
	guard, cache := newGuard(ix.fs, log, func(error) {}), pebble.NewCache(ix.CacheSize)
	defer cache.Unref()
	opt := ix.options(guard, cache)
	opt.ReadOnly, opt.EventListener = true, nil
	return guard.openDB(dir, opt)
}

// TakeOver takes over what an earlier store of the same ledger, in dir, knows and this one does not. It is
// called after Replay.
func (a *Applier) TakeOver(dir string, log *slog.Logger) error {
	old, err := a.Index.openOld(dir, log)
	if err != nil {
		return err
	}
	return firstError(a.merge(old, log), old.Close())
}

// Outnumber puts the conversations that the store of another ledger, in dir, has assigned numbers in, a
// whole cycle of so many numbers further. They go on behind the number that the other ledger assigned last.
// No number stands for a message from before any more, because the other ledger may have assigned it.
func (a *Applier) Outnumber(dir string, numbers uint64, log *slog.Logger) (conversations int, err error) {
	old, err := a.Index.openOld(dir, log)
	if err != nil {
		return 0, err
	}
	it, err := old.NewIter(nil)
	if err != nil {
		return 0, firstError(err, old.Close())
	}
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		key := it.Key()
		if key[0] == prefixHead || len(key) > 1 && key[0] == prefixPerson && key[1] == personHead {
			conversations++
			err = a.outnumber(append([]byte(nil), key...), it.Value(), numbers)
		}
	}
	return conversations, firstError(err, firstError(it.Close(), old.Close()))
}

func (a *Applier) outnumber(key, other []byte, numbers uint64) error {
	_, last, err := parseHeadValue(other)
	if err != nil {
		return nil // who reads it there fails as well
	}
	have, err := a.Index.get(key)
	if err != nil {
		return err
	}
	next := last
	if have != nil {
		_, before, err := parseHeadValue(have)
		if err != nil {
			return err
		}
		next = before + numbers
		next += (last%numbers + numbers - next%numbers) % numbers
	}
	return a.Index.set(key, appendHeadValue(nil, a.pos.Epoch, next))
}
