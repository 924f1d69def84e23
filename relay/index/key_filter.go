package index

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble"
)

// How many bits the filters have. With a million ids the one takes one in 300 for one that it has, with ten
// million conversations the other one in 15.
const (
	idFilterBits   = 1 << 25
	headFilterBits = 1 << 26
)

// keyFilter knows of most keys of a kind that the store has no such row, without a look. It is a Bloom filter of
// two hashes. It is filled from the store, a few rows at a time, and by what comes into the store meanwhile.
type keyFilter struct {
	// Static after construction.
	seed maphash.Seed
	kind byte            // of the rows
	skip int             // octets of a key that do not count: kind and day
	bits []atomic.Uint64 // a power of two

	full atomic.Bool // it has all rows of the store

	// Guarded by mu.
	mu    sync.Mutex
	next  []byte // the row to go on with
	since uint16 // the oldest day that was kept when it was emptied
}

// newIDFilter returns a filter of the ids that messages own, on any day.
func newIDFilter() *keyFilter { return newKeyFilter(prefixOwner, 3, idFilterBits) }

// newHeadFilter returns a filter of the conversations that have a head.
func newHeadFilter() *keyFilter { return newKeyFilter(prefixHead, 1, headFilterBits) }

func newKeyFilter(kind byte, skip, bits int) *keyFilter {
	return &keyFilter{seed: maphash.MakeSeed(), kind: kind, skip: skip, bits: make([]atomic.Uint64, bits/64), next: []byte{kind}}
}

// bitsOf returns the two bits of a key.
func (f *keyFilter) bitsOf(key []byte) [2]uint64 {
	h, most := maphash.Bytes(f.seed, key[f.skip:]), uint64(len(f.bits)*64-1)
	return [2]uint64{h & most, h >> 32 & most}
}

// add adds a key.
func (f *keyFilter) add(key []byte) {
	for _, bit := range f.bitsOf(key) {
		f.bits[bit/64].Or(1 << (bit % 64))
	}
}

// mayHave reports whether the filter may have a key.
func (f *keyFilter) mayHave(key []byte) bool {
	if !f.full.Load() {
		return true
	}
	for _, bit := range f.bitsOf(key) {
		if f.bits[bit/64].Load()&(1<<(bit%64)) == 0 {
			return false
		}
	}
	return true
}

// refill has the filter filled from the store again, from its first row on. If empty is set, what it has is
// forgotten, since much of it is not in the store any more.
func (f *keyFilter) refill(empty bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.full.Store(false)
	f.next = []byte{f.kind}
	if empty {
		for i := range f.bits {
			f.bits[i].Store(0)
		}
	}
}

// expired empties the filter if day is another one than before: the rows of the days before have expired.
func (f *keyFilter) expired(day uint16) {
	f.mu.Lock()
	old := f.since
	f.since = day
	f.mu.Unlock()
	if old != day && old > 0 {
		f.refill(true)
	}
}

// MayOwn reports whether a message of an account may own an id. It asks the store for nothing. If it
// returns false, OwnerOf finds none.
func (ix *Index) MayOwn(account string, key []byte) bool {
	if ix.days[prefixOwner].newest.Load() == 0 {
		return false
	}
	var buf [128]byte
	return ix.ids.mayHave(ownerKey(buf[:0], 0, account, key))
}

// RefillIDs makes MayOwn return true for all ids until FillIDs has gone through the store again.
func (ix *Index) RefillIDs() { ix.ids.refill(false) }

// FillIDs goes through so many rows of the store for MayOwn. It does nothing when it has seen all.
func (ix *Index) FillIDs(rows int) error { return ix.fill(ix.ids, rows) }

// FillHeads goes through all heads of the store, so that Head knows without a look of conversations that have
// none. It returns when it has seen all, or ctx ends.
func (ix *Index) FillHeads(ctx context.Context) {
	const rows, pause, closed = 20_000, 20 * time.Millisecond, 500 * time.Millisecond
	for wait := pause; !ix.heads.full.Load(); wait = pause {
		if ix.fill(ix.heads, rows) != nil { // whoever looks a conversation up sees the error
			wait = closed
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// fill adds so many rows of the store to a filter.
func (ix *Index) fill(f *keyFilter, rows int) error {
	if f.full.Load() {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.next) == 1 { // rows that are staged now may be written behind the row that is next
		ix.staged.keys(f.kind, f.add)
	}
	l, err := ix.lookupIn(&pebble.IterOptions{LowerBound: []byte{f.kind}, UpperBound: []byte{f.kind + 1}})
	if err != nil {
		return err
	}
	ok := l.seek(f.next)
	for ; ok && rows > 0; rows-- {
		f.add(l.it.Key())
		ok = l.next()
	}
	if ok {
		f.next = append(f.next[:0], l.it.Key()...)
	}
	if err := l.close(); err != nil {
		return err
	}
	f.full.Store(!ok)
	return nil
}

// noteHead notes that the store gets the head of a conversation, if key is that of one.
func (ix *Index) noteHead(key []byte) {
	if key[0] == prefixHead {
		ix.heads.add(key)
	}
}
