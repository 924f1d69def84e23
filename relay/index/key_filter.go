package index

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble"

	"readback/internal/bloom"
)

// How many bits the filters have. With ten million keys a filter takes one in 20 for one that it has, with three
// million one in 1,000.
const (
	idFilterBits   = 1 << 26
	headFilterBits = 1 << 26
)

// keyFilter knows of most keys of a kind that the store has no such row, without a look. It is filled from the store,
// a few rows at a time, and by what comes into the store meanwhile.
type keyFilter struct {
	// Static after construction.
	kinds []byte // of the rows
	bloom *bloom.Filter

	full atomic.Bool // it has all rows of the store

	// Guarded by mu.
	mu    sync.Mutex
	next  []byte // the row to go on with
	since uint16 // the oldest day that was kept when it was emptied
}

// newIDFilter returns a filter of the ids that messages own, of any account and on any day.
func newIDFilter() *keyFilter { return newKeyFilter(idFilterBits, prefixOwner, prefixOwnerTo) }

// newHeadFilter returns a filter of the conversations that have a head.
func newHeadFilter() *keyFilter { return newKeyFilter(headFilterBits, prefixHead) }

func newKeyFilter(bits int, kinds ...byte) *keyFilter {
	return &keyFilter{kinds: kinds, bloom: bloom.New(bits), next: kinds[:1:1]}
}

// counted returns what counts of a key. In the key of an owner the id alone does.
func counted(key []byte) []byte {
	switch key[0] {
	case prefixOwner:
		_, key = splitOwnerKey(key)
	case prefixOwnerTo:
		_, key = splitOwnerKey(key) // the receiver stands where the account does
		key, _, _ = bytes.Cut(key, []byte{0})
	}
	return key
}

// add adds a key.
func (f *keyFilter) add(key []byte) { f.bloom.Add(counted(key)) }

// mayHave reports whether the filter may have a key.
func (f *keyFilter) mayHave(key []byte) bool { return !f.full.Load() || f.bloom.MayHave(counted(key)) }

// refill has the filter filled from the store again, from its first row on. If empty is set, what it has is
// forgotten, since much of it is not in the store any more.
func (f *keyFilter) refill(empty bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.full.Store(false)
	f.next = f.kinds[:1:1]
	if empty {
		f.bloom.Clear()
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

// MayOwn reports whether a message may own an id. It asks the store for nothing. If it
// returns false, nobody finds an owner.
func (ix *Index) MayOwn(key []byte) bool {
	if ix.hasNoOwners() {
		return false
	}
	var buf [128]byte
	return ix.ids.mayHave(ownerKey(buf[:0], 0, "", key))
}

// hasNoOwners reports whether no message owns an id.
func (ix *Index) hasNoOwners() bool {
	return ix.days[prefixOwner].newest.Load() == 0 && ix.days[prefixOwnerTo].newest.Load() == 0
}

// FillIDs goes through so many rows of the store for MayOwn. It does nothing when it has seen all.
func (ix *Index) FillIDs(rows int) error { return ix.fill(ix.ids, rows) }

// HasFilledIDs reports whether FillIDs has seen all.
func (ix *Index) HasFilledIDs() bool { return ix.ids.full.Load() }

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
func (ix *Index) fill(f *keyFilter, rows int) (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for rows > 0 && err == nil && !f.full.Load() {
		rows, err = ix.fillKind(f, rows)
	}
	return err
}

// fillKind is fill for the kind of the row that is next, and returns how many rows are left. The caller holds f.mu.
func (ix *Index) fillKind(f *keyFilter, rows int) (left int, err error) {
	kind := f.next[0]
	if len(f.next) == 1 { // rows that are staged now may be written behind the row that is next
		ix.staged.keys(kind, f.add)
	}
	l, err := ix.lookupIn(&pebble.IterOptions{LowerBound: []byte{kind}, UpperBound: []byte{kind + 1}})
	if err != nil {
		return rows, err
	}
	ok := l.seek(f.next)
	for ; ok && rows > 0; rows-- {
		f.add(l.it.Key())
		ok = l.next()
	}
	if ok {
		f.next = bytes.Clone(l.it.Key())
	}
	if err := l.close(); err != nil || ok {
		return rows, err
	}
	if i := bytes.IndexByte(f.kinds, kind) + 1; i < len(f.kinds) {
		f.next = f.kinds[i : i+1 : i+1]
	} else {
		f.full.Store(true)
	}
	return rows, nil
}

// noteKey notes that the store gets a row, if it is the head of a conversation or the owner of an id.
func (ix *Index) noteKey(key []byte) {
	switch key[0] {
	case prefixHead:
		ix.heads.add(key)
	case prefixOwner:
		ix.ids.add(key)
		account, _ := splitOwnerKey(key)
		ix.accounts.note(account)
	case prefixOwnerTo:
		ix.ids.add(key)
	}
}
