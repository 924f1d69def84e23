package relay

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/index"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// found is the entry of a number.
func (r *running) found(c message.Conversation, number uint16) *index.Found {
	r.t.Helper()
	f, err := r.index.FindNumber(&c, number, relaytest.Any)
	if err != nil {
		r.t.Fatal(err)
	}
	return f
}

// An opt-out survives a kill, and an index that is built again from the log.
func TestOptOutHolds(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.Logger = nil
	r := start(t, opt)
	receiver, other := relaytest.Addr(t, "447700900123"), relaytest.Addr(t, "447700900124")
	for _, a := range []message.Addr{receiver, other} {
		if v := r.maintenance.optOuts.Set(relaytest.Deadline(t), &a, true); !v.IsAccepted() {
			t.Fatalf("opt out: got %+v", v)
		}
	}
	if v := r.maintenance.optOuts.Set(relaytest.Deadline(t), &other, false); !v.IsAccepted() {
		t.Fatalf("end of opt-out: got %+v", v)
	}
	before, err := r.maintenance.optOuts.Get(&receiver)
	if err != nil {
		t.Fatal(err)
	}
	r.crash()
	for _, lose := range []bool{false, true} {
		if lose {
			if err := os.RemoveAll(filepath.Join(opt.Store, "index")); err != nil {
				t.Fatal(err)
			}
		}
		r = start(t, opt)
		now, err := r.maintenance.optOuts.Get(&receiver)
		if err != nil || !now.On || !now.Since.Equal(*before.Since) {
			t.Errorf("index lost: %v: got %+v, %v, want it to hold", lose, now, err)
		}
		if now, err := r.maintenance.optOuts.Get(&other); err != nil || now.On {
			t.Errorf("index lost: %v: got %+v, %v, want it to have ended", lose, now, err)
		}
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// An opt-out is renewed before the log forgets it.
func TestOptOutIsRenewed(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	reg := prometheus.NewRegistry()
	opt.Registerer = reg
	r := start(t, opt)
	receiver := relaytest.Addr(t, "447700900123")
	if v := r.maintenance.optOuts.Set(relaytest.Deadline(t), &receiver, true); !v.IsAccepted() {
		t.Fatalf("got %+v", v)
	}
	before, err := r.maintenance.optOuts.Get(&receiver)
	if err != nil {
		t.Fatal(err)
	}
	at := func(before time.Time) int {
		stale, err := r.index.StaleOptOuts(before.UnixMilli(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(stale)
	}
	if young, old := at(time.Now().Add(-time.Hour)), at(time.Now().Add(time.Hour)); young != 0 || old != 1 {
		t.Errorf("stale: got %d before and %d after, want 0 and 1", young, old)
	}
	renewed := time.Now()
	if err := r.maintenance.optOuts.Renew(renewed.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if v := r.maintenance.optOuts.Set(relaytest.Deadline(t), ptr(relaytest.Addr(t, "447700900124")), true); !v.IsAccepted() { // behind it in the log
		t.Fatalf("got %+v", v)
	}
	awaitValue(t, reg, "readback_ledger_records_total", "opt_out", 3)
	if stale := at(renewed); stale != 0 {
		t.Errorf("stale: got %d after it was renewed, want none", stale)
	}
	if now, err := r.maintenance.optOuts.Get(&receiver); err != nil || !now.On || !now.Since.Equal(*before.Since) {
		t.Errorf("got %+v, %v, want %+v", now, err, before)
	}
}

func ptr[T any](v T) *T { return &v }
