package pool

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// While no address takes the bind, the rounds over all of them come less and less
// often, but often enough to be back soon.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		addrs := []string{"a:1", "b:1"}
		p := New(Options[int]{
			Config: Config{Addrs: addrs, SystemID: "hub", Binds: 1},
			Dial: func(_ context.Context, addr string) (net.Conn, error) {
				if addr != addrs[len(at)%2] {
					t.Errorf("try %d: got %s", len(at), addr)
				}
				at = append(at, time.Now())
				return nil, errors.New("down")
			},
			Logger: slog.New(slog.DiscardHandler), Metrics: NewMetrics(nil),
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		p.Run(ctx)
		for i, wait := 0, firstRetry; i+3 < len(at); i, wait = i+2, min(2*wait, lastRetry) {
			if round := at[i+1].Sub(at[i]); round != 0 {
				t.Errorf("try %d: got %v from one address to the next, want none", i, round)
			}
			if got := at[i+2].Sub(at[i]); got < wait/2 || got > wait {
				t.Errorf("try %d: got %v to the next round, want %v to %v", i, got, wait/2, wait)
			}
		}
		if rounds := len(at) / 2; rounds < int(time.Minute/lastRetry) || rounds > 2*int(time.Minute/lastRetry)+10 {
			t.Errorf("got %d rounds in a minute", rounds)
		}
	})
}
