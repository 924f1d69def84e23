package smpp

import (
	"maps"
	"testing"

	"readback/internal/seed"
)

// A ring holds what a map would, whatever the numbers are: counting up over the end of all numbers, with some
// requests that stay, and with numbers that all want the same place.
func TestRingModel(t *testing.T) {
	rnd := seed.Rand(t)
	for _, tt := range []struct {
		name string
		next func(i uint32) uint32
	}{
		{"counting up", func(i uint32) uint32 { return 0xFFFFFF00 + i }},
		{"the same place", func(i uint32) uint32 { return i << 20 }},
		{"at random", func(uint32) uint32 { return rnd.Uint32N(500) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r ring[uint32]
			model := make(map[uint32]uint32)
			for i := range uint32(5000) {
				seq := tt.next(i)
				if _, used := model[seq]; !used {
					r.put(seq, Pending[uint32]{Seq: seq, Ref: i})
					model[seq] = i
				}
				for old := range model { // any one
					if len(model) > 100 || rnd.IntN(2) == 0 {
						r.drop(old)
						delete(model, old)
					}
					break
				}
				r.check(t, model, tt.next(i+1))
			}
		})
	}
}

// check compares r with the map that it stands for. other is any number.
func (r *ring[R]) check(t *testing.T, model map[uint32]R, other uint32) {
	t.Helper()
	_, want := model[other]
	if p, ok := r.get(other); ok != want || ok && any(p.Ref) != any(model[other]) || r.has(other) != want {
		t.Fatalf("number %#x: got %v, %v, want %v", other, p, ok, want)
	}
	if r.len() != len(model) {
		t.Fatalf("got %d requests, want %d", r.len(), len(model))
	}
	if other%64 != 0 {
		return
	}
	got := make(map[uint32]R)
	for seq, p := range r.all {
		got[seq] = p.Ref
	}
	if !maps.EqualFunc(got, model, func(a, b R) bool { return any(a) == any(b) }) {
		t.Fatalf("got %v, want %v", got, model)
	}
}

// Numbers that count up have places of their own, also while the first one is never answered. Dropping what is
// not there changes nothing.
func TestRingPlaces(t *testing.T) {
	var r ring[any]
	r.put(0, Pending[any]{})
	for seq := range uint32(100_000) {
		r.put(seq+1, Pending[any]{})
		if seq > 99 {
			r.drop(seq - 99)
		}
		r.drop(seq + 2)
		r.drop(seq + 1<<16)
	}
	if got := r.len(); got != 101 {
		t.Errorf("got %d requests, want 101", got)
	}
	if len(r.places) > 512 || len(r.others) > 1 {
		t.Errorf("got %d places, and %d requests without one, want few", len(r.places), len(r.others))
	}
	if r.shrink(); len(r.places) == 0 {
		t.Error("the places of requests are given back")
	}
	for seq := range r.all {
		r.drop(seq)
	}
	if r.shrink(); r.places != nil || r.others != nil || r.len() != 0 {
		t.Errorf("without requests: got %d places kept, want none", len(r.places))
	}
}

// An ESME whose numbers all want the same place takes no more memory than a window of requests needs.
func TestRingOnePlace(t *testing.T) {
	var r ring[any]
	for i := range uint32(1000) {
		r.put(i<<16, Pending[any]{})
	}
	if len(r.places) > 2048 || r.len() != 1000 {
		t.Errorf("got %d places for %d requests, want at most 2048 for 1000", len(r.places), r.len())
	}
}

func TestRingAllocates(t *testing.T) {
	var r ring[any]
	seq := uint32(0)
	next := func() {
		seq++
		r.put(seq, Pending[any]{})
		r.drop(seq - 100)
	}
	for range 1000 {
		next()
	}
	if got := testing.AllocsPerRun(1000, next); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
