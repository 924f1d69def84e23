// Package lru holds a bounded number of values, and forgets the least recently used.
package lru

import "container/list"

// Cache holds values by their keys, up to a limit. Beyond it, it forgets the value that was
// not used for longest. It is not safe for concurrent use.
type Cache[K comparable, V any] struct {
	most  int
	order list.List // of item[K, V], the last used first
	at    map[K]*list.Element
}

type item[K comparable, V any] struct {
	key   K
	value V
}

// New returns a Cache for up to most values.
func New[K comparable, V any](most int) *Cache[K, V] {
	return &Cache[K, V]{most: most, at: make(map[K]*list.Element)}
}

// Get returns the value of a key. This is a use of the value.
func (r *Cache[K, V]) Get(key K) (value V, ok bool) {
	e := r.at[key]
	if e == nil {
		return value, false
	}
	r.order.MoveToFront(e)
	return e.Value.(item[K, V]).value, true
}

// Put sets the value of a key. This is a use of the value.
func (r *Cache[K, V]) Put(key K, value V) {
	if e := r.at[key]; e != nil {
		e.Value = item[K, V]{key, value}
		r.order.MoveToFront(e)
		return
	}
	if len(r.at) >= r.most {
		r.drop(r.order.Back())
	}
	r.at[key] = r.order.PushFront(item[K, V]{key, value})
}

// Oldest returns the value that Put would forget next.
func (r *Cache[K, V]) Oldest() (key K, value V, ok bool) {
	e := r.order.Back()
	if e == nil {
		return key, value, false
	}
	i := e.Value.(item[K, V])
	return i.key, i.value, true
}

// Len returns how many values are held.
func (r *Cache[K, V]) Len() int { return len(r.at) }

// Forget removes the keys for which is returns true.
func (r *Cache[K, V]) Forget(is func(K) bool) {
	for key, e := range r.at {
		if is(key) {
			r.drop(e)
		}
	}
}

func (r *Cache[K, V]) drop(e *list.Element) {
	delete(r.at, e.Value.(item[K, V]).key)
	r.order.Remove(e)
}
