package index

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble"
)

// filterBits is how many bits the filter has. With a million ids it takes one in 300 for one that it has.
const filterBits = 1 << 25

// idFilter knows of most ids that no message owns them, without a look into the store for each day. It is a
// Bloom filter of two hashes, of the keys of owners without their day. It is filled from the store, a few
// rows at a time, and by what is applied meanwhile.
type idFilter struct {
	// Static after construction.
	seed maphash.Seed
	bits []atomic.Uint64 // nil: it has every id

	full atomic.Bool // it has all ids of the store

	// Guarded by mu.
	mu    sync.Mutex
	next  []byte // the row to go on with
	since uint16 // the oldest day that was kept when it was emptied
}

func newIDFilter() *idFilter {
	return &idFilter{seed: maphash.MakeSeed(), bits: make([]atomic.Uint64, filterBits/64), next: []byte{prefixOwner}}
}

// add adds the key of an owner.
func (f *idFilter) add(key []byte) {
	if f == nil {
		return
	}
	h := maphash.Bytes(f.seed, key[3:])
	for _, bit := range [2]uint64{h % filterBits, h >> 32 % filterBits} {
		f.bits[bit/64].Or(1 << (bit % 64))
	}
}

// mayHave reports whether the filter may have the key of an owner, on any day.
func (f *idFilter) mayHave(key []byte) bool {
	if f == nil || !f.full.Load() {
		return true
	}
	h := maphash.Bytes(f.seed, key[3:])
	for _, bit := range [2]uint64{h % filterBits, h >> 32 % filterBits} {
		if f.bits[bit/64].Load()&(1<<(bit%64)) == 0 {
			return false
		}
	}
	return true
}

// refill has the filter filled from the store again, from its first row on. If empty is set, what it has is
// forgotten, since much of it is not in the store any more.
func (f *idFilter) refill(empty bool) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.full.Store(false)
	f.next = []byte{prefixOwner}
	if empty {
		for i := range f.bits {
			f.bits[i].Store(0)
		}
	}
}

// expired empties the filter if day is another one than before: the rows of the days before have expired.
func (f *idFilter) expired(day uint16) {
	if f == nil {
		return
	}
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
func (ix *Index) FillIDs(rows int) error {
	f := ix.ids
	if f == nil || f.full.Load() {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	l, err := ix.lookupIn(&pebble.IterOptions{LowerBound: []byte{prefixOwner}, UpperBound: []byte{prefixOwner + 1}})
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
