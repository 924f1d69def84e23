//go:build e2e

package acceptance

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"readback/internal/seed"
)

// readItem is one read response.
type readItem struct {
	receiver string
	number   int
	known    bool // its number was given
}

// Numbers of the messages below: those from firstUnknown on are never given.
const (
	eachReceiver = 100
	firstUnknown = 150
	readFrom     = "10690001"
)

// readWay is a way in for read responses. send returns the verdict of each item, zero where
// the way tells none; on an error all are sent again.
type readWay interface {
	send(ctx context.Context, items []readItem) (codes []int, err error)
	close()
}

// readWays are the ways in: each is opened anew when the gateway was killed. settings are
// what the gateway needs for it.
var readWays = map[string]struct {
	settings func(*testing.T) settings
	open     func(context.Context, *testing.T, *readWorld) (readWay, error)
	batch    int // items sent at once
}{
	"HTTP":         {open: openHTTPReads, batch: 100},
	"NATS stream":  {settings: natsListener, open: openStreamReads, batch: 100},
	"NATS request": {settings: natsListener, open: openRequestReads, batch: 100},
	"SMS":          {open: openSMSReads, batch: 100},
	"SMPP":         {settings: readerAccount, open: openSMPPReads, batch: 100},
	"MQTT":         {settings: mqttListener, open: openMQTTReads, batch: 100},
	"WebSocket":    {settings: webSocketListener, open: openWebSocketReads, batch: 100},
}

// TestReads sends read responses by each way in, a tenth of them twice, a tenth for numbers
// that were never given, while the gateway is killed three times and the ESME is away half
// the time. Each read that was accepted is told, and nothing else is.
func TestReads(t *testing.T) {
	for name, way := range readWays {
		t.Run(name, func(t *testing.T) {
			ctx := within(t)
			w := newReadWorld(ctx, t, way.settings)
			w.submit(ctx, size(900))
			items := w.items()
			stop := w.comeAndGo(ctx)
			began := time.Now()
			verdicts := w.sendAll(ctx, items, way.batch, func(ctx context.Context) (readWay, error) { return way.open(ctx, t, w) })
			took := time.Since(began)
			w.awaitTold(ctx)
			stop()
			w.check(items, verdicts)
			t.Logf("%d read responses in %v", len(items), took.Round(time.Millisecond))
		})
	}
}

// items are the responses, in any order.
func (w *readWorld) items() []readItem {
	var all []readItem
	for r := range w.receivers {
		for n := range eachReceiver {
			item := readItem{r, n + 1, true}
			all = append(all, item)
			if n%10 == 0 {
				all = append(all, item) // again
			}
			if n%10 == 5 {
				all = append(all, readItem{r, firstUnknown + n/10, false})
			}
		}
	}
	seed.Rand(w.T).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// sendAll sends the items from a few senders at once, and kills the gateway three times
// meanwhile. What was not answered is sent again.
func (w *readWorld) sendAll(ctx context.Context, items []readItem, batch int, open func(context.Context) (readWay, error)) []int {
	const senders, kills = 4, 3
	verdicts := make([]int, len(items))
	var next, done atomic.Int64
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			s := readSender{w: w, open: open}
			defer s.close()
			for {
				from := int(next.Add(int64(batch))) - batch
				if from >= len(items) {
					return
				}
				to := min(from+batch, len(items))
				copy(verdicts[from:to], s.send(ctx, items[from:to]))
				done.Add(int64(to - from))
			}
		})
	}
	for i := range kills {
		poll(ctx, func() bool { return int(done.Load()) >= len(items)*(i+1)/(kills+1) })
		w.restart(ctx)
	}
	wg.Wait()
	return verdicts
}

// readSender sends by one way, which it opens again when it breaks.
type readSender struct {
	w    *readWorld
	open func(context.Context) (readWay, error)
	way  readWay
}

func (s *readSender) close() {
	if s.way != nil {
		s.way.close()
	}
	s.way = nil
}

// send sends items until there is a verdict on each that is not "again".
func (s *readSender) send(ctx context.Context, items []readItem) []int {
	for ctx.Err() == nil {
		_, down := s.w.current()
		codes, err := s.try(ctx, items)
		again := func(code int) bool {
			return code == http.StatusServiceUnavailable || code == http.StatusTooManyRequests
		}
		if err == nil && !slices.ContainsFunc(codes, again) {
			return codes
		}
		if err != nil {
			s.close()
		}
		select {
		case <-down: // at once
		case <-time.After(often):
		case <-ctx.Done():
		}
	}
	return make([]int, len(items))
}

func (s *readSender) try(ctx context.Context, items []readItem) (codes []int, err error) {
	const soon = 15 * time.Second
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	if s.way == nil {
		if s.way, err = s.open(ctx); err != nil {
			s.way = nil
			return nil, err
		}
	}
	return s.way.send(ctx, items)
}

// awaitTold waits until there is feedback on each message, and binds as long as it takes.
func (w *readWorld) awaitTold(ctx context.Context) {
	w.Helper()
	const soon = 2 * time.Minute
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	for {
		w.mu.Lock()
		got, want, more := len(w.told), len(w.receivers)*eachReceiver, w.more
		w.mu.Unlock()
		if got >= want {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			w.Errorf("feedback on %d messages, want %d", got, want)
			return
		}
	}
}

// check holds the verdicts and the feedback against the items.
func (w *readWorld) check(items []readItem, verdicts []int) {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	counts, again, other := map[int]int{}, 0, 0
	known := map[string]bool{}
	for i, item := range items {
		counts[verdicts[i]]++
		code := verdicts[i]
		if item.known {
			known[readKey(item.receiver, item.number)] = true
		}
		if code != 0 && (code == http.StatusAccepted) != item.known {
			w.Errorf("verdict on %+v: %d", item, code)
		}
	}
	for key, texts := range w.told {
		if !known[key] {
			w.Errorf("feedback on %s, which nobody read", key)
		}
		if again += len(texts) - 1; len(slices.Compact(texts)) > 1 {
			other++
		}
	}
	if other > 0 || len(w.strange) > 0 {
		w.Errorf("%d were told again otherwise; what else came: %q", other, w.strange)
	}
	w.Logf("verdicts %v; %d messages told, %d of them again", counts, len(w.told), again)
}
