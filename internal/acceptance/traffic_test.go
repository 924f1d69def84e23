//go:build e2e

package acceptance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// traffic is an ESME that sends one message after the other and looks how long SMS is away.
type traffic struct {
	t    *testing.T
	e    *esme
	stop func()

	mu      sync.Mutex
	last    time.Time     // of an answer; guarded by mu, as all below
	longest time.Duration // between two
	ok, bad int
}

// pace is the time between two messages.
const pace = 20 * time.Millisecond

// startTraffic sends until stop is called.
func startTraffic(ctx context.Context, t *testing.T, addr string) *traffic {
	t.Helper()
	w := &traffic{t: t}
	e := openESME(t, addr, w.answered)
	w.e, w.last = e, time.Now() // from the bind on
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for n := 0; e.submit(ctx, fmt.Sprint("message ", n)); n++ {
			rest(ctx, pace)
		}
	}()
	w.stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(w.stop)
	return w
}

func (w *traffic) answered(a answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.longest, w.last = max(w.longest, now.Sub(w.last)), now
	if a.status == 0 {
		w.ok++
	} else {
		w.bad++
	}
}

// check wants that SMS was never away for more than a second.
func (w *traffic) check(when string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.longest = max(w.longest, time.Since(w.last))
	w.t.Logf("%s: %d answers, %d refused, longest pause %v", when, w.ok, w.bad, w.longest.Round(time.Millisecond))
	if w.longest > time.Second || w.bad > 0 {
		w.t.Errorf("%s: SMS was away for %v, and %d messages were refused", when, w.longest, w.bad)
	}
	w.longest = 0
}

// finish ends it, and wants each message answered.
func (w *traffic) finish(ctx context.Context) {
	w.t.Helper()
	w.stop()
	const soon = 3 * time.Second
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	w.e.answeredAll(ctx)
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	if w.e.open > 0 {
		w.t.Errorf("%d messages of %d have no answer", w.e.open, len(w.e.messages))
	}
}

// get returns the answer of a page.
func get(ctx context.Context, url string) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err.Error()
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }() // it is read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// down reports what the metric says, which must be what /readyz says.
func (g *gateway) down(ctx context.Context) bool {
	return strings.Contains(get(ctx, "http://"+g.ops+"/metrics"), "\nreadback_ledger_down 1\n")
}
