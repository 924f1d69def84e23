package reads

import (
	"testing"
	"time"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/reads/readstest"
	"readback/relay/relaytest"
)

// An opt-out is logged only if it changes something, and one at a time. A change that the log does
// not take has no effect.
func TestOptOutChanges(t *testing.T) {
	l := readstest.NewLedger(t)
	o := NewOptOuts(l, l.Index)
	receiver := relaytest.Addr(t, "447700900123")
	records := 0
	l.Before = func(k journal.Kind) {
		if records++; k != journal.KindOptOut {
			t.Errorf("got a record of kind %v, want an opt-out", k)
		}
		if o.mu.TryLock() {
			t.Error("another change can begin before this one is done")
			o.mu.Unlock()
		}
	}
	for i, step := range []struct {
		on      bool
		records int // so far
	}{{false, 0}, {true, 1}, {true, 1}, {false, 2}} {
		if v := o.Set(t.Context(), &receiver, step.on); !v.IsAccepted() {
			t.Errorf("step %d: got %+v, want it accepted", i, v)
		}
		if records != step.records {
			t.Errorf("step %d: got %d records, want %d", i, records, step.records)
		}
		now, err := o.Get(&receiver)
		if err != nil || now.On != step.on || (now.Since != nil) != step.on || now.Receiver != "447700900123" {
			t.Errorf("step %d: got %+v, %v, want %v", i, now, err, step.on)
		}
	}
	l.SetDown(true)
	if v := o.Set(t.Context(), &receiver, true); v.Kind != message.VerdictUnavailable {
		t.Errorf("without a log: got %+v, want that it may be sent again", v)
	}
	if now, err := o.Get(&receiver); err != nil || now.On {
		t.Errorf("without a log: got %+v, %v, want none", now, err)
	}
	if err := l.Index.Close(); err != nil {
		t.Fatal(err)
	}
	if v := o.Set(t.Context(), &receiver, false); v.Kind != message.VerdictUnavailable {
		t.Errorf("without an index: got %+v, want that it may be sent again", v)
	}
}

// Opt-outs are renewed when their record is older than a time. They keep their beginning.
func TestOldOptOutsAreRenewed(t *testing.T) {
	l := readstest.NewLedger(t)
	o := NewOptOuts(l, l.Index)
	now := time.Now()
	half := now.Add(-84 * time.Hour).UnixMilli()
	log := func(receiver string, since, at int64) {
		rec := journal.Record{Status: 1, ReadAt: since, At: at}
		rec.Place.Conv.Receiver = relaytest.Addr(t, receiver)
		if err := l.Enqueue(journal.KindOptOut, func(b []byte) []byte { return journal.AppendOptOut(b, &rec) }); err != nil {
			t.Fatal(err)
		}
	}
	log("447700900121", 5, half-1)
	log("447700900122", 6, half+60_000)
	records := 0
	l.Before = func(journal.Kind) { records++ }
	for _, tt := range []struct {
		before time.Time
		want   int // records so far
	}{{time.UnixMilli(half - 1), 0}, {time.UnixMilli(half), 1}} {
		if err := o.Renew(tt.before); err != nil || records != tt.want {
			t.Fatalf("before %s: got %d records, %v, want %d", tt.before, records, err, tt.want)
		}
	}
	if stale, err := l.Index.StaleOptOuts(now.UnixMilli(), 10); err != nil || len(stale) != 1 || stale[0].Place.Conv.Receiver.String() != "447700900122" {
		t.Errorf("got %+v, %v, want the young one alone", stale, err)
	}
	for receiver, want := range map[string]int64{"447700900121": 5, "447700900122": 6} {
		a := relaytest.Addr(t, receiver)
		if since, err := l.Index.OptOut(&a); since != want || err != nil {
			t.Errorf("%s: got opt-out since %d, %v, want %d", receiver, since, err, want)
		}
	}
	l.SetDown(true)
	if err := o.Renew(now.Add(time.Hour)); err == nil {
		t.Error("without room: got no error")
	}
	if err := l.Index.Close(); err != nil {
		t.Fatal(err)
	}
	if err := o.Renew(now); err == nil {
		t.Error("without an index: got no error")
	}
}
