package reads

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/relay/message"
	"readback/relay/reads/readstest"
	"readback/relay/relaytest"
)

// fill takes all places of a kind.
func fill(t *testing.T, b *Budget, l Load) {
	t.Helper()
	for range places[l] {
		if !b.Enter(t.Context(), Request{Way: "fill", Load: l}) {
			t.Fatalf("kind %d: got no place, want %d", l, places[l])
		}
	}
}

// A request waits for a place for a second, and is refused then. A patient one waits for as long as it may.
// Each kind has its own places.
func TestPlacesAreBounded(t *testing.T) {
	for l := range loads {
		for _, tt := range []struct {
			name    string
			patient bool
			freed   time.Duration // 0: never
			ends    time.Duration // of the context
			want    bool
			waits   time.Duration
		}{
			{"never free", false, 0, time.Hour, false, placeWait},
			{"free in time", false, placeWait / 2, time.Hour, true, placeWait / 2},
			{"free too late", false, 2 * placeWait, time.Hour, false, placeWait},
			{"the caller goes", false, 0, placeWait / 4, false, placeWait / 4},
			{"patient", true, 30 * placeWait, time.Hour, true, 30 * placeWait},
			{"patient until it ends", true, 0, time.Minute, false, time.Minute},
		} {
			synctest.Test(t, func(t *testing.T) {
				b := NewBudget(NewMetrics(metric.With(nil), nil))
				fill(t, b, l)
				other := Request{Way: "http", Load: (l + 1) % loads}
				if !b.Enter(t.Context(), other) {
					t.Errorf("%s: kind %d has no place when kind %d has none", tt.name, other.Load, l)
				}
				if tt.freed > 0 {
					time.AfterFunc(tt.freed, func() { b.Leave(Request{Load: l}) })
				}
				ctx, cancel := context.WithTimeout(t.Context(), tt.ends)
				defer cancel()
				began := time.Now()
				if got := b.Enter(ctx, Request{Way: "http", Load: l, Patient: tt.patient}); got != tt.want || time.Since(began) != tt.waits {
					t.Errorf("kind %d, %s: got %v after %v, want %v after %v", l, tt.name, got, time.Since(began), tt.want, tt.waits)
				}
			})
		}
	}
}

// What Work calls has at most half of the processors, and gives its processor back if it panics.
func TestWorkHasHalfTheProcessors(t *testing.T) {
	for processors, want := range map[int]int64{1: 1, 2: 1, 3: 1, 4: 2, 8: 4} {
		synctest.Test(t, func(t *testing.T) {
			before := runtime.GOMAXPROCS(processors)
			b := NewBudget(NewMetrics(metric.With(nil), nil))
			runtime.GOMAXPROCS(before)
			var now, most atomic.Int64
			for range 20 {
				go func() {
					defer func() { _ = recover() }()
					b.Work(func() {
						most.Store(max(most.Load(), now.Add(1)))
						time.Sleep(time.Second)
						now.Add(-1)
						panic("in the work")
					})
				}()
			}
			time.Sleep(time.Minute)
			if got := most.Load(); got != want || now.Load() != 0 {
				t.Errorf("%d processors: got %d at work at once and %d still, want %d and none", processors, got, now.Load(), want)
			}
		})
	}
}

// A read response for which there is no place gets the verdict to send it again, which is counted, and
// does not reach the ledger. One that waits for the log has a place, and no processor.
func TestReadResponsesHavePlaces(t *testing.T) {
	registry := prometheus.NewRegistry()
	l := readstest.NewLedger(t)
	metrics := NewMetrics(metric.With(registry), nil)
	rs := newService(l, func(opt *Options) { opt.Metrics, opt.Budget = metrics, NewBudget(metrics) })
	m := l.Assign(relaytest.Conversation(t, "10690001", "447700900123"))
	verdict := make(chan message.Verdict)
	go func() { verdict <- rs.Submit(relaytest.Deadline(t), responseTo(m)) }()
	relaytest.Receive(t, m.Asked())
	rs.budget.Work(func() {}) // would wait for ever if the one that waits had the processor
	for range places[Single] - 1 {
		rs.budget.Enter(t.Context(), Request{Way: "http"})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rd := responseTo(m)
	rd.Way = "sms"
	if v := rs.Submit(ctx, rd); v.Kind != message.VerdictUnavailable || v.RetryAfter == 0 || v != OverBudget() {
		t.Errorf("without a place: got %+v, want to send it again", v)
	}
	l.Accept(m, "id1")
	if v := relaytest.Receive(t, verdict); !v.IsAccepted() {
		t.Errorf("the one that waited: got %+v, want it accepted", v)
	}
	if v := rs.Submit(relaytest.Deadline(t), rd); !v.IsAccepted() {
		t.Errorf("after it: got %+v, want it accepted", v)
	}
	if got := relaytest.Metric(t, registry, "readback_reads_over_budget_total", "sms"); got != 1 {
		t.Errorf("counted: got %v, want 1", got)
	}
}
