package recent

import (
	"sync"
	"sync/atomic"
)

// ways is how many values share a place: of more, the one that was put first is forgotten.
const ways = 4

// table holds the newest values by the hash of their keys, of 64 bits: two keys with the same hash are one. It
// allocates nothing but its rows. It is safe for concurrent use.
type table[V any] struct {
	most   int
	filled atomic.Bool // there are rows

	mu   sync.Mutex
	rows []row[V] // guarded by mu; nil until the first put
}

type row[V any] struct {
	sum   uint64
	used  bool
	value V
}

// newTable returns a table for about most values.
func newTable[V any](most int) *table[V] { return &table[V]{most: max(most, ways)} }

// put sets the value of a key.
func (t *table[V]) put(sum uint64, v V) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = make([]row[V], t.most-t.most%ways)
		t.filled.Store(true)
	}
	place := t.place(sum)
	last := len(place) - 1
	for i := range place {
		if place[i].used && place[i].sum == sum {
			last = i
		}
	}
	copy(place[1:last+1], place[:last])
	place[0] = row[V]{sum: sum, used: true, value: v}
}

// drop forgets a key.
func (t *table[V]) drop(sum uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		return
	}
	place := t.place(sum)
	for i := range place {
		if place[i].sum == sum {
			place[i] = row[V]{}
		}
	}
}

// isEmpty reports whether there has never been a value.
func (t *table[V]) isEmpty() bool { return !t.filled.Load() }

// get returns the value of a key, if it is remembered.
func (t *table[V]) get(sum uint64) (v V, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		return v, false
	}
	for _, r := range t.place(sum) {
		if r.used && r.sum == sum {
			return r.value, true
		}
	}
	return v, false
}

// place returns the rows of a key, the newest first; mu is held.
func (t *table[V]) place(sum uint64) []row[V] {
	at := ways * int(sum%uint64(len(t.rows)/ways))
	return t.rows[at : at+ways]
}
