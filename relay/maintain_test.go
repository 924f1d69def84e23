package relay

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// expire removes days older than Keep, and renews opt-outs in time.
func TestDaysAreForgotten(t *testing.T) {
	t.Parallel()
	r := notBegun(t)
	if _, err := r.tryBegin(relaytest.Deadline(t), r.conn.Load()); err != nil {
		t.Fatal(err)
	}
	oldest := message.DayOf(time.Now().Add(-r.opt.Keep).UnixMilli())
	if got := r.ledger.OldestDay(); got != oldest && got != oldest+1 { // midnight
		t.Errorf("oldest day: got %d, want %d", got, oldest)
	}
	oldest = r.ledger.OldestDay()
	for i, day := range []uint16{oldest - 1, oldest + 1} {
		r.applyRecords(t, uint64(i+1), func(b []byte) []byte { return journal.AppendRoute(b, day, "bank", []byte{byte('a' + i)}) })
	}
	now := time.Now()
	for i, age := range []time.Duration{r.opt.Keep/2 + time.Hour, r.opt.Keep/2 - time.Hour} {
		r.applyRecords(t, uint64(i+3), func(b []byte) []byte {
			rec := journal.Record{Status: 1, ReadAt: 1, At: now.Add(-age).UnixMilli()}
			rec.Place.Conv.Receiver = relaytest.Addr(t, "44770090012"+string(rune('0'+i)))
			return journal.AppendOptOut(b, &rec)
		})
	}
	r.maintenance.expire()
	for id, want := range map[string]string{"a": "", "b": "bank"} {
		if got, err := r.index.Route([]byte(id), oldest+1, 10); got != want || err != nil {
			t.Errorf("route %s: got %q, %v, want %q", id, got, err, want)
		}
	}
	stop := make(chan struct{})
	close(stop)
	if err := r.ledger.Run(relaytest.Deadline(t), stop); err != nil {
		t.Fatal(err)
	}
	if got := relaytest.Metric(t, r.opt.Registerer.(*prometheus.Registry), "readback_ledger_records_total", journal.KindOptOut.String()); got != 1 {
		t.Errorf("got %v opt-outs in the log, want the older one", got)
	}
}
