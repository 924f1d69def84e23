package seed

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// recorder is a test that keeps what it is told.
type recorder struct {
	testing.TB
	logs, fatal string
}

func (r *recorder) Helper() {}

func (r *recorder) Logf(format string, args ...any) { r.logs += fmt.Sprintf(format, args...) }

func (r *recorder) Fatalf(format string, args ...any) {
	r.fatal += fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// run calls Rand as a test does, and returns its first numbers; nil if it failed.
func (r *recorder) run() (first []uint64) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		first = numbers(Rand(r))
	}()
	<-done
	return first
}

func numbers(r *rand.Rand) (first []uint64) {
	for range 4 {
		first = append(first, r.Uint64())
	}
	return first
}

func TestSeedIsLoggedAndObeyed(t *testing.T) {
	t.Setenv(Variable, "")
	var a, b, again recorder
	first, other := a.run(), b.run()
	if slices.Equal(first, other) {
		t.Errorf("two tests without a seed: both got %v", first)
	}
	_, n, ok := strings.Cut(a.logs, Variable+"=")
	if !ok || !strings.HasPrefix(a.logs, "seed "+n+":") {
		t.Fatalf("log: got %q, want the seed and how to rerun", a.logs)
	}
	t.Setenv(Variable, n)
	if got := again.run(); !slices.Equal(got, first) {
		t.Errorf("with the seed %s: got %v, want %v", n, got, first)
	}
	if again.logs != a.logs {
		t.Errorf("log with the seed given: got %q, want %q", again.logs, a.logs)
	}
}

func TestSeedThatIsNone(t *testing.T) {
	for _, s := range []string{"x", "-1", "1.5", "18446744073709551616"} {
		t.Setenv(Variable, s)
		var r recorder
		if got := r.run(); got != nil || !strings.Contains(r.fatal, Variable) {
			t.Errorf("%q: got %v and %q, want the test to fail", s, got, r.fatal)
		}
	}
}

func TestSplitFollowsFromTheSeed(t *testing.T) {
	split := func(seed uint64) (a, b []uint64) {
		r := rand.New(rand.NewPCG(seed, 0))
		return numbers(Split(r)), numbers(Split(r))
	}
	a, b := split(1)
	if slices.Equal(a, b) {
		t.Errorf("two goroutines: both got %v", a)
	}
	if again, _ := split(1); !slices.Equal(again, a) {
		t.Errorf("again: got %v, want %v", again, a)
	}
	if other, _ := split(2); slices.Equal(other, a) {
		t.Errorf("another seed: got %v again", a)
	}
}
