// Package bloom knows of most keys that they are not in a set, with a few bits for each key that is.
package bloom

import (
	"hash/maphash"
	"sync/atomic"
)

const (
	words   = 8 // of a block
	keyBits = 4 // of a key
)

// A Filter knows of most keys that they were not added, and of none that was. All bits of a key are in one block,
// which is a line of the processor's cache (a blocked Bloom filter). Any number of goroutines may use it at once.
type Filter struct {
	seed   maphash.Seed
	blocks [][words]atomic.Uint64 // a power of two of them
}

// New returns a filter without keys. bits is how many it has: a power of two, and at least 512. With seven
// bits for each key that was added, a filter takes one of 20 other keys for one of these; with 22, one of 1,000.
func New(bits int) *Filter {
	return &Filter{seed: maphash.MakeSeed(), blocks: make([][words]atomic.Uint64, bits/64/words)}
}

// find returns the block of a key, and a number that says which of its bits are the key's: see bitOf.
func (f *Filter) find(key []byte) (*[words]atomic.Uint64, uint64) {
	h := maphash.Bytes(f.seed, key)
	return &f.blocks[h&uint64(len(f.blocks)-1)], h >> 28
}

// bitOf returns which word of a block has a bit of a key, and the bit.
func bitOf(bits uint64, i int) (word, bit uint64) {
	at := bits >> (9 * i)
	return at / 64 % words, 1 << (at % 64)
}

// Add adds a key.
func (f *Filter) Add(key []byte) {
	block, bits := f.find(key)
	for i := range keyBits {
		if word, bit := bitOf(bits, i); block[word].Load()&bit == 0 {
			block[word].Or(bit)
		}
	}
}

// MayHave reports whether a key may have been added.
func (f *Filter) MayHave(key []byte) bool {
	block, bits := f.find(key)
	for i := range keyBits {
		if word, bit := bitOf(bits, i); block[word].Load()&bit == 0 {
			return false
		}
	}
	return true
}

// Clear takes all keys out. A key that is added meanwhile may be taken out, too.
func (f *Filter) Clear() {
	for i := range f.blocks {
		for word := range f.blocks[i] {
			f.blocks[i][word].Store(0)
		}
	}
}
