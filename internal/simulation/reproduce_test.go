package simulation

import (
	"slices"
	"strings"
	"testing"
)

// A seed brings the same history again. On a machine that is very busy the scheduler of the runtime now
// and then interrupts a goroutine, and the order of what happens at one instant differs. So a history
// has to come twice in a few runs.
func TestSeedReproduces(t *testing.T) {
	if raced {
		t.Skip("the runtime schedules at random under the race detector")
	}
	for n := range uint64(4) {
		var histories []string
		for len(histories) < 5 {
			h := history(t, 100+n)
			if slices.Contains(histories, h) {
				break
			}
			histories = append(histories, h)
		}
		if len(histories) == 5 {
			a, b := strings.Split(histories[0], "\n"), strings.Split(histories[1], "\n")
			for i := range min(len(a), len(b)) {
				if a[i] != b[i] {
					t.Errorf("seed %d, event %d of %d: got\n%s\nand then\n%s", 100+n, i, len(a), a[i], b[i])
					break
				}
			}
		}
	}
}

// history runs the world of a seed, and returns what happened.
func history(t *testing.T, n uint64) string {
	t.Helper()
	w := newWorld(t, n)
	w.run(t)
	var b strings.Builder
	for _, e := range w.check.History() {
		b.WriteString(e.String())
		b.WriteByte('\n')
	}
	return b.String()
}
