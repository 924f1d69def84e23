package ledger

import (
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/relay/journal"
)

// metrics are what an operator sees of the ledger; never a subscriber's number.
type metrics struct {
	records   [journal.Kinds]prometheus.Counter
	appends   prometheus.Histogram
	batches   prometheus.Histogram
	dropped   prometheus.Counter
	receipts  prometheus.Counter
	unmatched prometheus.Counter
	heads     prometheus.Gauge
}

// newMetrics declares the metrics of the ledger; reg may be nil.
func newMetrics(reg prometheus.Registerer) *metrics {
	m, f := new(metrics), metric.With(reg)
	m.appends = f.Histogram(metric.Opts{
		Name: "readback_ledger_append_seconds", Help: "Time from an append to the log until it is acknowledged.",
		Look: "it is over 100 ms", Buckets: prometheus.ExponentialBuckets(50e-6, 2, 16),
	})
	m.batches = f.Histogram(metric.Opts{
		Name: "readback_ledger_batch_records", Help: "Records in an append to the log.",
		Buckets: prometheus.ExponentialBuckets(1, 2, 12),
	})
	m.dropped = f.Counter(metric.Opts{
		Name: "readback_ledger_dropped_total", Help: "Records dropped because the log was away for too long.",
		Look: "it rises: these messages cannot be reported as read",
	})
	m.receipts = f.Counter(metric.Opts{
		Name: "readback_ledger_receipts_dropped_total", Help: "Delivery receipts whose state was not recorded, because the ledger was down or too many were waiting.",
		Look: "it rises: these states are missing",
	})
	m.unmatched = f.Counter(metric.Opts{
		Name: "readback_ledger_receipts_unmatched_total", Help: "Delivery receipts about no message of the ledger: those of messages without a number count here.",
	})
	m.heads = f.Gauge(metric.Opts{
		Name: "readback_ledger_conversations", Help: "Conversations held in memory.",
	})
	records := f.CounterVec(metric.Opts{
		Name: "readback_ledger_records_total", Help: "Records written to the log, by kind.",
		Labels: []string{"kind"},
	})
	for k := journal.KindStart; k < journal.Kinds; k++ {
		m.records[k] = records.WithLabelValues(k.String())
	}
	return m
}
