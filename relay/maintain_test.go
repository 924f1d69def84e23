package relay

import (
	"testing"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// An opt-out is logged only if it changes something. A change that the log does not take has no
// effect.
func TestOptOutChanges(t *testing.T) {
	r := idleRelay(t)
	receiver := relaytest.Addr(t, "447700900123")
	set := func(on, queued bool) {
		t.Helper()
		verdict := make(chan message.Verdict, 1)
		go func() { verdict <- r.optOuts.set(relaytest.Deadline(t), &receiver, on) }()
		if queued {
			relaytest.Receive(t, r.ledger.queue.wake)
			if r.optOuts.mu.TryLock() {
				t.Error("another change can begin before this one is done")
				r.optOuts.mu.Unlock()
			}
			b := r.ledger.queue.take()
			r.applyRecords(t, 1, func(dst []byte) []byte { return append(dst, b.buf[b.body:]...) })
			b.waiters[0].tell(index.Noted, nil)
		}
		if v := relaytest.Receive(t, verdict); !v.IsAccepted() {
			t.Errorf("opt-out %v: got %+v, want 202", on, v)
		}
		if b := r.ledger.queue.take(); b != nil {
			t.Errorf("opt-out %v: got %+v queued, want nothing more", on, b)
		}
		if now, err := r.optOuts.get(&receiver); err != nil || now.On != on || (now.Since != nil) != on || now.Receiver != "447700900123" {
			t.Errorf("got %+v, %v, want %v", now, err, on)
		}
	}
	set(false, false)
	set(true, true)
	set(true, false)
	set(false, true)
	r.ledger.queue.records = maxQueuedRecords
	if v := r.optOuts.set(relaytest.Deadline(t), &receiver, true); v.Kind != message.VerdictUnavailable {
		t.Errorf("without room: got %+v, want 503", v)
	}
	r.status.set(ErrDown)
	if v := r.optOuts.set(relaytest.Deadline(t), &receiver, true); v.Kind != message.VerdictUnavailable {
		t.Errorf("without a log: got %+v, want 503", v)
	}
	if err := r.index.Close(); err != nil {
		t.Fatal(err)
	}
	if v := r.optOuts.set(relaytest.Deadline(t), &receiver, false); v.Kind != message.VerdictUnavailable {
		t.Errorf("without an index: got %+v, want 503", v)
	}
}

// Opt-outs are renewed when their record is older than half of the time for which the log keeps
// it, up to a thousand at a time. They keep their beginning.
func TestOldOptOutsAreRenewed(t *testing.T) {
	r := idleRelay(t)
	now := time.Now()
	half := now.Add(-r.opt.Keep / 2).UnixMilli()
	log := func(seq uint64, receiver string, since, at int64) {
		r.applyRecords(t, seq, func(b []byte) []byte {
			rec := journal.Record{Status: 1, ReadAt: since, At: at}
			rec.Place.Conv.Receiver = relaytest.Addr(t, receiver)
			return journal.AppendOptOut(b, &rec)
		})
	}
	log(1, "447700900121", 5, half-1)
	log(2, "447700900122", 6, half+60_000)
	for _, tt := range []struct {
		before time.Time
		want   int
	}{{time.UnixMilli(half - 1), 0}, {time.UnixMilli(half), 1}} {
		if err := r.optOuts.renew(tt.before); err != nil {
			t.Fatal(err)
		}
		b := r.ledger.queue.take()
		if b == nil && tt.want == 0 {
			continue
		}
		if b == nil || b.counts[journal.KindOptOut] != tt.want || len(b.waiters) != 0 {
			t.Fatalf("got %+v queued, want %d opt-outs", b, tt.want)
		}
		r.applyRecords(t, 3, func(dst []byte) []byte { return append(dst, b.buf[b.body:]...) })
	}
	if stale, err := r.index.StaleOptOuts(now.UnixMilli(), 10); err != nil || len(stale) != 1 || stale[0].Place.Conv.Receiver.String() != "447700900122" {
		t.Errorf("got %+v, %v, want the young one alone", stale, err)
	}
	for receiver, want := range map[string]int64{"447700900121": 5, "447700900122": 6} {
		a := relaytest.Addr(t, receiver)
		if since, err := r.index.OptOut(&a); since != want || err != nil {
			t.Errorf("%s: got opt-out since %d, %v, want %d", receiver, since, err, want)
		}
	}
	if stale, err := r.index.StaleOptOuts(now.Add(time.Hour).UnixMilli(), 1); err != nil || len(stale) != 1 {
		t.Errorf("one at a time: got %+v, %v", stale, err)
	}
	r.ledger.queue.records = maxQueuedRecords
	if err := r.optOuts.renew(now.Add(time.Hour)); err == nil {
		t.Error("without room: got no error")
	}
	if err := r.index.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.optOuts.renew(now); err == nil {
		t.Error("without an index: got no error")
	}
}

// expire removes days older than Keep, and renews opt-outs in time.
func TestDaysAreForgotten(t *testing.T) {
	r := idleRelay(t)
	oldest := message.DayOf(time.Now().Add(-r.opt.Keep).UnixMilli())
	if got := r.ledger.oldestDay(); got != oldest && got != oldest+1 { // midnight
		t.Errorf("oldest day: got %d, want %d", got, oldest)
	}
	oldest = r.ledger.oldestDay()
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
	r.expire()
	for id, want := range map[string]string{"a": "", "b": "bank"} {
		if got, err := r.index.Route([]byte(id), oldest+1, 10); got != want || err != nil {
			t.Errorf("route %s: got %q, %v, want %q", id, got, err, want)
		}
	}
	if b := r.ledger.queue.take(); b == nil || b.counts[journal.KindOptOut] != 1 {
		t.Errorf("got %+v queued, want the older opt-out", b)
	}
}
