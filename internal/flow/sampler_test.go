package flow

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"readback/internal/metric"
)

// counted is a gateway that numbers 10 messages a second, skips 5, and answers each in 30 ms.
type counted struct{ since time.Time }

func (c counted) Read(name string) []metric.Series {
	n := time.Since(c.since).Seconds()
	switch name {
	case "readback_submits_total":
		return []metric.Series{
			{Labels: map[string]string{"account": "a", "skip": "numbered"}, Value: 4 * n},
			{Labels: map[string]string{"account": "b", "skip": "numbered"}, Value: 6 * n},
			{Labels: map[string]string{"account": "b", "skip": "no_room"}, Value: 5 * n},
		}
	case "readback_messages_total":
		return []metric.Series{{Labels: map[string]string{"state": "read"}, Value: 2 * n}, {Labels: map[string]string{"state": "delivered"}, Value: 3 * n}}
	case "readback_pdus_total":
		return []metric.Series{{Labels: map[string]string{"from": "smsc", "command": "submit_sm_resp", "status": "0x58"}, Value: n}}
	case "readback_sessions", "readback_smsc_up":
		return []metric.Series{{Value: 1}}
	case "readback_feedback_waiting":
		return []metric.Series{{Value: 7}, {Value: 8}}
	case "readback_smsc_answer_seconds":
		return []metric.Series{{Hist: &metric.Hist{Count: uint64(n), Bounds: []float64{0.02, 0.04}, Counts: []uint64{0, uint64(n)}}}}
	}
	return nil
}

func TestSampler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := NewSampler(counted{time.Now()})
		done := make(chan error, 1)
		begun := time.Now()
		go func() { done <- s.Run(ctx) }()
		time.Sleep(12 * time.Second)
		all := s.Since(time.Time{})
		if len(all) != 2 {
			t.Fatalf("after 12 s: got %d samples, want 2", len(all))
		}
		got := all[1]
		got.Added, got.Answer = nil, nil
		want := Sample{
			Time: begun.Add(10 * time.Second), Messages: 15, Numbered: 10, Skipped: 5, Delivered: 3, Read: 2, Rejected: 1,
			Sessions: 1, SMSCUp: true, Waiting: 15,
		}
		if got.Time, want.Time = got.Time.UTC(), want.Time.UTC(); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if l := all[1].Answer; l == nil || math.Abs(l.P50-0.03) > 1e-9 || l.P99 <= l.P50 || l.P99 > 0.04 {
			t.Errorf("answers: got %+v, want 0.03 and a bit more", l)
		}
		time.Sleep(2 * time.Hour)
		all = s.Since(time.Time{})
		if len(all) != kept || time.Since(all[0].Time) > time.Hour+Every || all[1].Time.Sub(all[0].Time) != Every {
			t.Errorf("after two hours: got %d samples from %v on", len(all), all[0].Time)
		}
		if some := s.Since(time.Now().Add(-time.Minute)); len(some) != 12 {
			t.Errorf("of the last minute: got %d, want 12", len(some))
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestThin(t *testing.T) {
	all := make([]Sample, 25)
	for i := range all {
		all[i] = Sample{Time: time.Unix(int64(i), 0), Messages: float64(i), Held: 100 - i, SMSCUp: i != 3, Answer: &Latency{P99: float64(i % 7)}}
	}
	all[1].Answer = nil
	thin := Thin(all, 10)
	if len(thin) != 9 {
		t.Fatalf("got %d samples, want 9", len(thin))
	}
	if s := thin[1]; s.Messages != 4 || s.Held != 97 || s.SMSCUp || s.Answer.P99 != 5 || s.Time.Unix() != 5 {
		t.Errorf("the second: got %+v", s)
	}
	if got := Thin(all, 30); len(got) != 25 {
		t.Errorf("few samples: got %d, want all", len(got))
	}
}

func TestQuantile(t *testing.T) {
	bounds := []float64{1, 2, 4}
	for _, tt := range []struct {
		share  float64
		counts []uint64
		want   float64
	}{
		{0.5, []uint64{10, 10, 10}, 0.5},
		{0.5, []uint64{0, 10, 10}, 1.5},
		{0.99, []uint64{0, 0, 0}, 4}, // beyond the last bucket
	} {
		if got := quantile(tt.share, 10, bounds, tt.counts); got != tt.want {
			t.Errorf("%v of %v: got %v, want %v", tt.share, tt.counts, got, tt.want)
		}
	}
}
