package simulation

import (
	"os"
	"strconv"
	"testing"
	"time"

	"readback/internal/promise"
	"readback/internal/seed"
)

// seeds are those that go test runs, from 1 on.
const seeds = 20

// READBACK_SIMULATE is how long TestPromises runs, with seeds that nobody chose, or how many seeds it
// runs from 1 on. Without it there are few.
const variable = "READBACK_SIMULATE"

// TestPromises runs worlds and fails if one of them breaks a promise. READBACK_SEED=N runs the world of
// one seed, which is the same each time. With -v the test logs its history.
func TestPromises(t *testing.T) {
	if s := os.Getenv(seed.Variable); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", seed.Variable, err)
		}
		try(t, n)
		return
	}
	many := seeds
	if s := os.Getenv(variable); s != "" {
		if d, err := time.ParseDuration(s); err == nil {
			tryFor(t, d)
			return
		}
		var err error
		if many, err = strconv.Atoi(s); err != nil {
			t.Fatalf("%s: %v", variable, err)
		}
	}
	for n := 0; n < many && !t.Failed(); n++ {
		try(t, uint64(n+1))
	}
}

// hang is how long the world of one seed may take, on a machine that is very busy.
const hang = 3 * time.Minute

// tryFor runs worlds for so long.
func tryFor(t *testing.T, d time.Duration) {
	t.Helper()
	from := seed.Rand(t)
	n, lives := 0, uint64(0)
	for began := time.Now(); time.Since(began) < d && !t.Failed(); n++ {
		lives += try(t, uint64(from.Uint32()))
	}
	t.Logf("%d seeds, %d lives of the process", n, lives)
}

// try runs the world of a seed, and returns how many lives it had.
func try(t *testing.T, n uint64) uint64 {
	t.Helper()
	hung := time.AfterFunc(hang, func() { panic("seed " + strconv.FormatUint(n, 10) + " does not come to its end") })
	defer hung.Stop()
	w := newWorld(t, n)
	all := w.run(t)
	if testing.Verbose() && os.Getenv(seed.Variable) != "" {
		for _, e := range w.check.History() {
			t.Log(e)
		}
	}
	if len(all) > 0 {
		t.Errorf("seed %d, after %d lives: %s\nrerun with %s=%d go test ./internal/simulation -run TestPromises\n%s",
			n, w.processes, promise.Summary(all), seed.Variable, n, w.check.Explain(all[0]))
	}
	return w.processes
}
