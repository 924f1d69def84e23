package lru

import (
	"maps"
	"slices"
	"testing"
)

// When it is full, recent forgets the key that was least recently read or written.
func TestRecent(t *testing.T) {
	r := New[string, int](3)
	want := func(what string, keys ...string) {
		t.Helper()
		if got := slices.Sorted(maps.Keys(r.at)); !slices.Equal(got, keys) || r.order.Len() != len(keys) {
			t.Errorf("%s: got %q, %d in order, want %q", what, got, r.order.Len(), keys)
		}
	}
	r.Put("a", 1)
	r.Put("b", 2)
	r.Put("c", 3)
	want("room for all", "a", "b", "c")
	if v, ok := r.Get("a"); v != 1 || !ok {
		t.Errorf("got %d, %v, want 1", v, ok)
	}
	r.Put("d", 4)
	want("b is the oldest", "a", "c", "d")
	r.Put("c", 5)
	want("c is there", "a", "c", "d")
	r.Put("e", 6)
	want("a is the oldest", "c", "d", "e")
	if v, ok := r.Get("c"); v != 5 || !ok {
		t.Errorf("got %d, %v, want the later value, 5", v, ok)
	}
	if v, ok := r.Get("a"); v != 0 || ok {
		t.Errorf("got %d, %v, want nothing", v, ok)
	}
	if k, v, ok := r.Oldest(); k != "d" || v != 4 || !ok {
		t.Errorf("oldest: got %q, %d, %v, want d", k, v, ok)
	}
	r.Forget(func(key string) bool { return key != "d" })
	want("the others are forgotten", "d")
}
