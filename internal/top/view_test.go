package top

import (
	"math"
	"reflect"
	"testing"
	"time"

	"readback/internal/operator"
	"readback/relay/feedback"
)

const metricsBefore = `# TYPE readback_added_seconds histogram
readback_added_seconds_bucket{to="esme",le="0.001"} 50
readback_added_seconds_bucket{to="esme",le="+Inf"} 50
readback_added_seconds_bucket{to="smsc",le="0.001"} 10
readback_added_seconds_bucket{to="smsc",le="0.002"} 10
readback_added_seconds_bucket{to="smsc",le="+Inf"} 10
# TYPE readback_held_requests gauge
readback_held_requests 1
`

const metricsNow = `# TYPE readback_added_seconds histogram
readback_added_seconds_bucket{to="esme",le="0.001"} 50
readback_added_seconds_bucket{to="esme",le="+Inf"} 50
readback_added_seconds_bucket{to="smsc",le="0.001"} 60
readback_added_seconds_bucket{to="smsc",le="0.002"} 110
readback_added_seconds_bucket{to="smsc",le="+Inf"} 110
# TYPE readback_held_requests gauge
readback_held_requests 3
# TYPE readback_dead_letters gauge
readback_dead_letters 2
`

func sample(t *testing.T, at time.Time, metrics string, statistics ...operator.AccountStatistics) *Sample {
	t.Helper()
	m, err := ParseMetrics([]byte(metrics))
	if err != nil {
		t.Fatal(err)
	}
	return &Sample{At: at, Metrics: m, Statistics: statistics}
}

// Rates and latencies are those of the time between two answers. Who sends most comes first.
func TestBetween(t *testing.T) {
	at := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	before := sample(
		t, at, metricsBefore,
		operator.AccountStatistics{Name: "bank", Submitted: 100, Numbered: 90, Delivered: 50, Read: 10},
		operator.AccountStatistics{Name: "again", Submitted: 500, Numbered: 500},
	)
	now := sample(
		t, at.Add(2*time.Second), metricsNow,
		operator.AccountStatistics{Name: "again", Submitted: 10, Numbered: 10},
		operator.AccountStatistics{Name: "bank", Submitted: 300, Numbered: 240, Delivered: 100, Read: 11},
		operator.AccountStatistics{Name: "new", Submitted: 20},
	)
	now.Accounts = []operator.Account{{Name: "bank", Sessions: 2, Unanswered: 7}}
	now.Queues = []feedback.Queue{{Account: "shop", Waiting: 4, Age: 90}}
	v := Between(before, now)
	want := []AccountView{
		{Name: "bank", Submits: 100, Numbered: 75, Delivered: 25, Read: 0.5, Sessions: 2, Unanswered: 7},
		{Name: "new", Submits: 10},
		{Name: "again", Submits: 5, Numbered: 5}, // the gateway began again
		{Name: "shop", Waiting: 4, Oldest: 90},
	}
	if !reflect.DeepEqual(v.Accounts, want) {
		t.Errorf("got  %+v\nwant %+v", v.Accounts, want)
	}
	if v.Submits != 115 || v.Numbered != 80 || v.Delivered != 25 || v.Read != 0.5 || v.Held != 3 || v.Dead != 2 || v.Outbox != 0 {
		t.Errorf("in all: got %+v", v)
	}
	if l := v.Latency; l.ToSMSC.P50 != 0.001 || math.Abs(float64(l.ToSMSC.P99)-0.00198) > 1e-9 || l.ToESME != (Latency{}) || l.SMSC != (Latency{}) {
		t.Errorf("latencies: got %+v", l)
	}
}

func TestQuantile(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		name string
		h    histogram
		want Seconds
	}{
		{"none", nil, 0},
		{"nothing counted", histogram{{1, 0}, {inf, 0}}, 0},
		{"in the first", histogram{{1, 10}, {2, 10}, {inf, 10}}, 0.5},
		{"in the second", histogram{{1, 0}, {2, 10}, {inf, 10}}, 1.5},
		{"beyond the last", histogram{{1, 0}, {2, 0}, {inf, 10}}, 2},
	} {
		if got := tt.h.quantile(0.5); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, float64(got), float64(tt.want))
		}
	}
	restarted := histogram{{1, 5}, {inf, 5}}
	if got := restarted.since(histogram{{1, 9}, {inf, 9}}); !reflect.DeepEqual(got, restarted) {
		t.Errorf("after a restart: got %v, want all of it", got)
	}
}

func TestSeconds(t *testing.T) {
	for s, want := range map[Seconds]string{0: "-", 0.0000123: "12µs", 0.00456: "4.6ms", 0.123: "120ms", 2.345: "2.3s"} {
		if got := s.String(); got != want {
			t.Errorf("%v: got %s, want %s", float64(s), got, want)
		}
	}
}
