package rowmap

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"readback/internal/seed"
)

// A map has the last value of each key, finds the rows of a group, and sorts them, however often its tables have
// grown.
func TestMap(t *testing.T) {
	r := seed.Rand(t)
	m, want := New(), make(map[string]string)
	for round := range 6 {
		for range 2 * firstSlots {
			key, group := randomKey(r)
			value := strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(6))
			m.Put([]byte(key), group, []byte(value))
			want[key] = value
		}
		checkMap(t, m, want)
		if round%3 == 1 {
			m.Clear()
			clear(want)
			checkMap(t, m, want)
		}
	}
}

// Ranks are sorted whichever of their bits differ, and however few there are.
func TestSortByRank(t *testing.T) {
	r := seed.Rand(t)
	for range 500 {
		all := make([]ranked, 1+r.IntN(50))
		mask, same := r.Uint64()&r.Uint64()&r.Uint64(), r.Uint64()
		if r.IntN(2) == 0 { // the bits of one to three passes
			mask = 1<<(rankBits*(1+r.IntN(3))) - 1<<(rankBits*r.IntN(4))
		}
		for i := range all {
			all[i] = ranked{r.Uint64()&mask | same&^mask, uint32(i)}
		}
		want := slices.Clone(all)
		slices.SortStableFunc(want, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
		if sortByRank(all, make([]ranked, len(all))); !slices.Equal(all, want) {
			t.Fatalf("mask %x: got %x, want %x", mask, all, want)
		}
	}
}

// randomKey returns a key of one of four kinds, and how many octets of it are its group.
func randomKey(r *rand.Rand) (key string, group int) {
	n := r.IntN(3000)
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("a%d", n), 0
	case 1:
		return fmt.Sprintf("b%03d.%d", n%100, n), 4
	case 2:
		return fmt.Sprintf("d%d, which differ late: %d", n%2, n), 0
	}
	return fmt.Sprintf("b%04d%d", n%1000, n), 5 // a group that another one begins like
}

func checkMap(t *testing.T, m *Map, want map[string]string) {
	t.Helper()
	if m.Len() != len(want) {
		t.Errorf("got %d rows, want %d", m.Len(), len(want))
	}
	groups := make(map[string][]string)
	for n := range 1000 { // also those that have no row any more
		groups[fmt.Sprintf("b%03d", n%100)], groups[fmt.Sprintf("b%04d", n)] = nil, nil
	}
	for key, value := range want {
		got := m.Get([]byte(key))
		if got == nil || string(got) != value {
			t.Fatalf("key %q: got %q, want %q", key, got, value)
		}
		if i := strings.IndexByte(key, '.'); key[0] == 'b' && i == 4 {
			groups[key[:4]] = append(groups[key[:4]], key)
		} else if key[0] == 'b' {
			groups[key[:5]] = append(groups[key[:5]], key)
		}
	}
	if got := m.Get([]byte("c")); got != nil {
		t.Errorf("no such key: got %q", got)
	}
	for group, keys := range groups {
		var got []string
		for key, value := range m.Group([]byte(group)) {
			if string(value) != want[string(key)] {
				t.Errorf("group %s: key %q has %q, want %q", group, key, value, want[string(key)])
			}
			got = append(got, string(key))
		}
		if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(keys))) {
			t.Errorf("group %s: got %q, want %q", group, got, keys)
		}
	}
	for key := range m.Group([]byte("b99")) {
		t.Errorf("no such group: got %q", key)
	}
	if all := maps.Collect(texts(m.All())); !maps.Equal(all, want) {
		t.Errorf("got the rows %q, want %q", all, want)
	}
	var keys []string
	for key, value := range texts(m.Sorted()) {
		if value != want[key] {
			t.Errorf("in order: key %q has %q, want %q", key, value, want[key])
		}
		keys = append(keys, key)
	}
	if !slices.Equal(keys, slices.Sorted(maps.Keys(want))) {
		t.Errorf("got the rows in the order %q", keys)
	}
}

// texts yields rows as strings.
func texts(rows iter.Seq2[[]byte, []byte]) iter.Seq2[string, string] {
	return func(yield func(key, value string) bool) {
		for key, value := range rows {
			if !yield(string(key), string(value)) {
				return
			}
		}
	}
}
