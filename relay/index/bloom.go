package index

import (
	"hash/maphash"
	"sync/atomic"
)

const (
	bloomWords = 8 // of a block
	bloomBits  = 4 // of a key
)

// A bloomFilter knows of most keys that they were not added, and of none that was. All bits of a key are in one block,
// which is a line of the processor's cache (a blocked Bloom filter). Any number of goroutines may use it at once.
type bloomFilter struct {
	seed   maphash.Seed
	blocks [][bloomWords]atomic.Uint64 // a power of two of them
}

// newBloomFilter returns a filter without keys. bits is how many it has: a power of two, and at least 512. With seven
// bits for each key that was added, a filter takes one of 20 other keys for one of these; with 22, one of 1,000.
func newBloomFilter(bits int) *bloomFilter {
	return &bloomFilter{seed: maphash.MakeSeed(), blocks: make([][bloomWords]atomic.Uint64, bits/64/bloomWords)}
}

// find returns the block of a key, and a number that says which of its bits are the key's: see bitOf.
func (f *bloomFilter) find(key []byte) (*[bloomWords]atomic.Uint64, uint64) {
	h := maphash.Bytes(f.seed, key)
	return &f.blocks[h&uint64(len(f.blocks)-1)], h >> 28
}

// bitOf returns which word of a block has a bit of a key, and the bit.
func bitOf(bits uint64, i int) (word, bit uint64) {
	at := bits >> (9 * i)
	return at / 64 % bloomWords, 1 << (at % 64)
}

// add adds a key.
func (f *bloomFilter) add(key []byte) {
	block, bits := f.find(key)
	for i := range bloomBits {
		if word, bit := bitOf(bits, i); block[word].Load()&bit == 0 {
			block[word].Or(bit)
		}
	}
}

// mayHave reports whether a key may have been added.
func (f *bloomFilter) mayHave(key []byte) bool {
	block, bits := f.find(key)
	for i := range bloomBits {
		if word, bit := bitOf(bits, i); block[word].Load()&bit == 0 {
			return false
		}
	}
	return true
}

// clear takes all keys out. A key that is added meanwhile may be taken out, too.
func (f *bloomFilter) clear() {
	for i := range f.blocks {
		for word := range f.blocks[i] {
			f.blocks[i][word].Store(0)
		}
	}
}
