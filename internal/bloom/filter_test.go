package bloom

import (
	"encoding/binary"
	"sync"
	"testing"
)

// numbered returns a key for a number.
func numbered(i int) []byte { return binary.BigEndian.AppendUint64([]byte("key"), uint64(i)) }

// A filter may have each key that was added, and has few others: with 16 bits for each key fewer than one in 100.
// Several goroutines add keys.
func TestFilter(t *testing.T) {
	const keys, writers = 1 << 14, 4
	f := New(16 * keys)
	var adding sync.WaitGroup
	for writer := range writers {
		adding.Go(func() {
			for i := writer; i < keys; i += writers {
				f.Add(numbered(i))
			}
		})
	}
	adding.Wait()
	for i := range keys {
		if !f.MayHave(numbered(i)) {
			t.Fatalf("key %d: got that it was not added", i)
		}
	}
	if got := others(f, keys); got > keys/100 {
		t.Errorf("got %d of %d keys that were not added, want fewer than one in 100", got, keys)
	}
	f.Clear()
	if got := others(f, 0); got > 0 {
		t.Errorf("cleared: got %d keys", got)
	}
}

// others returns how many of 16384 keys from a number on a filter may have.
func others(f *Filter, from int) (n int) {
	for i := range 1 << 14 {
		if f.MayHave(numbered(from + i)) {
			n++
		}
	}
	return n
}
