// Package seed gives tests random input that can be had again.
package seed

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Variable is the environment variable that sets the seed of a test.
const Variable = "READBACK_SEED"

// Rand returns the source of a test's random input. It logs the seed, which go test
// prints if the test fails, and how to run the test with it again. A test calls Rand
// once: with Variable set, each call starts the same sequence. The source is for one
// goroutine; Split makes one for another.
func Rand(t testing.TB) *rand.Rand {
	t.Helper()
	n := rand.Uint64N(1e9) // short enough to be typed
	if s := os.Getenv(Variable); s != "" {
		var err error
		if n, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("%s: %v", Variable, err)
		}
	}
	t.Logf("seed %d: rerun with %s=%d", n, Variable, n)
	return rand.New(rand.NewPCG(n, 0))
}

// Environ is os.Environ without Variable, for a gateway that a test starts: it refuses what it does not know.
func Environ() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, Variable+"=") })
}

// Split returns a new source whose sequence follows from r. A test that starts
// goroutines splits before it starts them, so that the input of each follows from the
// seed.
func Split(r *rand.Rand) *rand.Rand {
	return rand.New(rand.NewPCG(r.Uint64(), r.Uint64()))
}
