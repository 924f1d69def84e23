package account

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// is says of a source that it is suspected or not.
func is(suspected bool) func() bool { return func() bool { return suspected } }

// busy has others take all the turns; free gives one back.
func busy(t *testing.T, turns *Turns) (free func()) {
	t.Helper()
	for range turns.most {
		end, err := turns.Take(t.Context(), netip.Addr{}, is(false))
		if err != nil {
			t.Fatal(err)
		}
		free = end
	}
	return free
}

// Checks have their turn in the order in which they came, but a source has its second one behind those of
// others, and those of a suspected source come last.
func TestTurnsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := &Turns{most: 1}
		free, begun := busy(t, turns), make(chan string)
		for _, w := range []struct {
			name      string
			source    netip.Addr
			suspected bool
		}{
			{"guess", netip.MustParseAddr("192.0.2.9"), true},
			{"first", here, false},
			{"first again", here, false},
			{"first once more", here, false},
			{"second", elsewhere, false},
			{"second again", elsewhere, false},
		} {
			go func() {
				end, err := turns.Take(t.Context(), w.source, is(w.suspected))
				if err != nil {
					t.Errorf("%s: %v", w.name, err)
					return
				}
				begun <- w.name
				end()
			}()
			synctest.Wait()
		}
		free()
		var got []string
		for range 6 {
			got = append(got, <-begun)
		}
		if want := []string{"first", "second", "first again", "second again", "first once more", "guess"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// Suspected checks leave most of the time to others: to messages, and to checks that are not suspected.
func TestSuspectedChecksRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var checks atomic.Int64
		turns := &Turns{most: 4}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		var guessing sync.WaitGroup
		defer guessing.Wait()
		for range 10 {
			guessing.Go(func() {
				for {
					end, err := turns.Take(ctx, here, is(true))
					if err != nil {
						return
					}
					time.Sleep(100 * time.Millisecond) // the check
					checks.Add(1)
					end()
				}
			})
		}
		time.Sleep(50 * time.Second)
		begin := time.Now()
		for range 20 { // not suspected
			end, err := turns.Take(ctx, elsewhere, is(false))
			if err != nil {
				t.Fatal(err)
			}
			end()
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("others wait for %v, want no time", took)
		}
		<-ctx.Done()
		synctest.Wait()
		if n := checks.Load(); n < 140 || n > 150 {
			t.Errorf("got %d checks of 100ms a minute, want 150: a quarter of a processor", n)
		}
	})
}
