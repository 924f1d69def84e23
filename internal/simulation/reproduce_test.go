package simulation

import "testing"

// A seed brings the same history each time.
func TestSeedReproduces(t *testing.T) {
	for n := range uint64(6) {
		a, b := newWorld(t, 100+n), newWorld(t, 100+n)
		a.run(t)
		b.run(t)
		first, second := a.check.History(), b.check.History()
		for i := range min(len(first), len(second)) {
			if first[i].String() != second[i].String() {
				t.Errorf("seed %d, event %d of %d: got\n%s\nand then\n%s", 100+n, i, len(first), first[i], second[i])
				break
			}
		}
		if len(first) != len(second) {
			t.Errorf("seed %d: got %d events, and then %d", 100+n, len(first), len(second))
		}
	}
}
