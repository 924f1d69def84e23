package index

import (
	"fmt"
	"testing"
)

// A purge goes for each key of some alone, since ids lie far apart, and for all between those of many.
func TestPurgeApart(t *testing.T) {
	for keys, want := range map[int]int{1: 1, purgeApart: purgeApart, purgeApart + 1: 1} {
		p := newPurge()
		for i := range keys {
			p.noteKey(fmt.Appendf(nil, "n%04d", 2*(keys-i)), 1, false)
		}
		p.note("e", keyRange{[]byte("e1"), []byte("e3"), true})
		p.note("e", keyRange{[]byte("e2"), []byte("e4"), true})
		all := p.take()
		if len(all) != 1+want || len(p.take()) != 0 {
			t.Fatalf("%d keys: got %d ranges, want %d, and none afterwards", keys, len(all), 1+want)
		}
		if r := all[0]; string(r.first) != "e1" || string(r.end) != "e4" {
			t.Errorf("got %s to %s, want the two as one", r.first, r.end)
		}
		first, last := fmt.Sprintf("n%04d", 2), fmt.Sprintf("n%04d\x00", 2*keys)
		if a, b := all[1].first, all[len(all)-1].end; string(a) != first || string(b) != last {
			t.Errorf("%d keys: got %q to %q, want %q to %q", keys, a, b, first, last)
		}
	}
}
