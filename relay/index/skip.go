package index

import (
	"encoding/binary"
	"slices"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
)

// Skip says that numbers may have been assigned which the log does not know: the epoch had no clean
// stop, or a part of the log was lost, or a backup was restored.
type Skip struct {
	Epoch uint64
	Own   uint64 // ordinals of a conversation whose head was noted in the epoch
	Other uint64 // ordinals of a conversation whose head was noted before it, or never
	At    int64  // when that was known, ms
}

// Skips are those of all epochs, in order.
type Skips []Skip

// Of returns how many ordinals of a conversation whose head was noted in an epoch, 0 if it was never,
// may have been assigned without the log knowing it.
func (all Skips) Of(epoch uint64) (n uint64) {
	first, _ := slices.BinarySearchFunc(all, epoch, func(s Skip, epoch uint64) int {
		switch {
		case s.Epoch < epoch:
			return -1
		case s.Epoch > epoch:
			return 1
		}
		return 0
	})
	for _, s := range all[first:] {
		if s.Epoch == epoch {
			n += s.Own
		} else {
			n += s.Other
		}
	}
	return n
}

// Unclaimed counts the skips that concern conversations which were assigned no number in the epoch.
func (all Skips) Unclaimed() (n int) {
	for _, s := range all {
		if s.Other > 0 {
			n++
		}
	}
	return n
}

// Skips returns the skips of all epochs.
func (ix *Index) Skips() (all Skips, err error) {
	l, err := ix.lookup()
	if err != nil {
		return nil, err
	}
	prefix := []byte{prefixSkip}
	for ok := l.within(prefix); ok; ok = l.nextWithin(prefix) {
		s, err := parseSkip(l.it.Key(), l.it.Value())
		if err != nil {
			l.err = firstError(l.err, err)
			break
		}
		all = append(all, s)
	}
	return all, l.close()
}

// skipKey is 'k' · epoch(8 octets).
func skipKey(dst []byte, epoch uint64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, prefixSkip), epoch)
}

func appendSkip(dst []byte, s *Skip) []byte {
	dst = binary.AppendUvarint(dst, s.Own)
	dst = binary.AppendUvarint(dst, s.Other)
	return binary.AppendUvarint(dst, uint64(s.At))
}

func parseSkip(key, value []byte) (Skip, error) {
	k, d := journal.Decoder{B: key, Off: 1}, journal.Decoder{B: value}
	s := Skip{Epoch: k.Uint64("epoch"), Own: d.Ordinal("own"), Other: d.Ordinal("other"), At: d.Time("time")}
	return s, firstError(k.Err, d.Err)
}

// addSkip adds to the skip of an epoch.
func (a *Applier) addSkip(s Skip) error {
	key := skipKey(nil, s.Epoch)
	get := a.Index.db.Get
	if a.changes {
		get = a.b.Get // the batch may have added to it
	}
	value, err := copyOf(get(key))
	if err != nil {
		return err
	}
	if value != nil {
		old, err := parseSkip(key, value)
		if err != nil {
			return err
		}
		s.Own, s.Other, s.At = s.Own+old.Own, s.Other+old.Other, max(s.At, old.At)
	}
	return a.b.Set(key, appendSkip(nil, &s), nil)
}

// endUnclean notes what is not known of the epoch before this one, if that had no clean stop.
func (a *Applier) endUnclean(at int64) error {
	if !a.at.Used || a.at.Stopped {
		return nil
	}
	s := Skip{Epoch: a.at.Epoch, Own: journal.Window, At: at}
	if a.at.Unclaimed {
		s.Other = journal.Window
	}
	return a.addSkip(s)
}

// applySkip notes that numbers may have been assigned before this epoch.
func applySkip(a *Applier, rec *journal.Record) error {
	return a.addSkip(Skip{Epoch: a.at.Epoch, Other: rec.Skip, At: rec.At})
}

// expireSkips forgets skips of messages that are too old to be read. It is called with mu held for
// reading.
func (ix *Index) expireSkips(before int64) error {
	it, err := ix.db.NewIter(nil)
	if err != nil {
		return err
	}
	l := &lookup{ix: ix, it: it}
	prefix := []byte{prefixSkip}
	for ok := l.within(prefix); ok; ok = l.nextWithin(prefix) {
		s, err := parseSkip(l.it.Key(), l.it.Value())
		if err == nil && s.At < before {
			err = ix.db.Delete(slices.Clone(l.it.Key()), pebble.NoSync)
		}
		l.err = firstError(l.err, err)
	}
	return firstError(l.err, it.Close())
}

// Skipped returns how many numbers all conversations skip because of what was lost before.
func (all Skips) Skipped() (n uint64) {
	for _, s := range all {
		n += s.Other
	}
	return n
}

// DropSkip forgets the skip of an epoch, because nothing was lost before it after all. A log that is
// followed without this index skips nevertheless.
func (ix *Index) DropSkip(epoch uint64) error {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return ErrClosed
	}
	return ix.db.Delete(skipKey(nil, epoch), pebble.NoSync)
}
