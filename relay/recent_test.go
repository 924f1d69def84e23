package relay

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// When it is full, recent forgets the key that was least recently read or written.
func TestRecent(t *testing.T) {
	r := newRecent[string, int](3)
	want := func(what string, keys ...string) {
		t.Helper()
		if got := slices.Sorted(maps.Keys(r.at)); !slices.Equal(got, keys) || r.order.Len() != len(keys) {
			t.Errorf("%s: got %q, %d in order, want %q", what, got, r.order.Len(), keys)
		}
	}
	r.put("a", 1)
	r.put("b", 2)
	r.put("c", 3)
	want("room for all", "a", "b", "c")
	if v, ok := r.get("a"); v != 1 || !ok {
		t.Errorf("got %d, %v, want 1", v, ok)
	}
	r.put("d", 4)
	want("b is the oldest", "a", "c", "d")
	r.put("c", 5)
	want("c is there", "a", "c", "d")
	r.put("e", 6)
	want("a is the oldest", "c", "d", "e")
	if v, ok := r.get("c"); v != 5 || !ok {
		t.Errorf("got %d, %v, want the later value, 5", v, ok)
	}
	if v, ok := r.get("a"); v != 0 || ok {
		t.Errorf("got %d, %v, want nothing", v, ok)
	}
	r.forget(func(key string) bool { return key != "d" })
	want("the others are forgotten", "d")
}

// Without a window, or without an id, nothing is remembered.
func TestNoReplayWindow(t *testing.T) {
	key := replayKey{addr(t, "447700900123"), 7}
	for _, r := range []*replays{newReplays(0), newReplays(time.Minute)} {
		if r.window > 0 {
			key.id = 0
		}
		for number := range uint16(3) {
			if !r.claim(key, said{number: number}, time.Now()) {
				t.Errorf("window %s, id %d: got it refused", r.window, key.id)
			}
		}
		if r.seen.len() > 0 {
			t.Errorf("window %s, id %d: got %d remembered, want none", r.window, key.id, r.seen.len())
		}
	}
}
