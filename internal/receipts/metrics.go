package receipts

import (
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
)

// newMerged makes the counter of the receipts of parts.
func newMerged(reg prometheus.Registerer) *prometheus.CounterVec {
	return metric.With(reg).CounterVec(metric.Opts{
		Name: "readback_part_receipts_total", Help: "Receipts of parts by what became of them: merged, passed (the last one, as that of the whole), unwanted, refused.",
		Labels: []string{"outcome"}, Series: metric.Each([]string{"merged", "passed", "unwanted", "refused"}), Detail: "`merged`: others are to come. `unwanted`: the ESME did not ask for this outcome. `refused`: for now, since the ledger is away, too many wait, or a message that it may be about takes over 5 s.",
		Look: "`refused` rises; `passed` and `unwanted` stay far below `readback_splits_total{outcome=\"accepted\"}`: receipts do not come, or do not find their part",
	})
}
