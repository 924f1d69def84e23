package relay

import "container/list"

// recent holds values by their keys, up to a bound: then the one that was used longest
// ago is forgotten.
type recent[K comparable, V any] struct {
	most  int
	order list.List // of item[K, V], the last used in front
	at    map[K]*list.Element
}

type item[K comparable, V any] struct {
	key   K
	value V
}

func newRecent[K comparable, V any](most int) *recent[K, V] {
	return &recent[K, V]{most: most, at: make(map[K]*list.Element)}
}

// get returns the value of a key and counts as its use.
func (r *recent[K, V]) get(key K) (value V, ok bool) {
	e := r.at[key]
	if e == nil {
		return value, false
	}
	r.order.MoveToFront(e)
	return e.Value.(item[K, V]).value, true
}

func (r *recent[K, V]) put(key K, value V) {
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

// len is how many values are held.
func (r *recent[K, V]) len() int { return len(r.at) }

// forget removes the keys for which is returns true.
func (r *recent[K, V]) forget(is func(K) bool) {
	for key, e := range r.at {
		if is(key) {
			r.drop(e)
		}
	}
}

func (r *recent[K, V]) drop(e *list.Element) {
	delete(r.at, e.Value.(item[K, V]).key)
	r.order.Remove(e)
}
