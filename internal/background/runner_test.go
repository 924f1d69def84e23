package background

import (
	"testing"

	"golang.org/x/sync/errgroup"
)

// contained contains all panics.
type contained struct{}

func (contained) Contain() { _ = recover() }

// What is one too many is refused at once, and what panics is refused, too.
func TestTry(t *testing.T) {
	var group errgroup.Group
	group.SetLimit(1)
	r := New(&group, contained{})
	hold, did := make(chan struct{}), make(chan string, 2)
	r.Try(func() { <-hold; did <- "ran" }, func() { did <- "refused" })
	r.Try(func() { did <- "ran" }, func() { did <- "refused" })
	if got := <-did; got != "refused" {
		t.Errorf("one too many: %s, want refused", got)
	}
	close(hold)
	if got := <-did; got != "ran" {
		t.Errorf("the first: %s, want ran", got)
	}
	_ = group.Wait() // the functions return no errors
	r.Try(func() { panic("planted") }, func() { did <- "refused" })
	if got := <-did; got != "refused" {
		t.Errorf("after a panic: %s, want refused", got)
	}
	_ = group.Wait() // the functions return no errors
}
