package ledger

import (
	"testing"
	"time"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

// times returns the times of the start and stop records of the log, in order.
func (p *partition) times() (all []int64) {
	p.t.Helper()
	log := p.log.Open()
	if err := log.Replay(p.t.Context(), 1, func(_ uint64, batch []byte) error {
		r, err := journal.ParseBatch(batch)
		for rec := (journal.Record{}); r.Next(&rec); {
			if rec.Kind == journal.KindStart || rec.Kind == journal.KindStop {
				all = append(all, rec.At)
			}
		}
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return all
}

// The times of the log do not go back when the clock does, within a life or from one to the next.
func TestTimesOfTheLogDoNotGoBack(t *testing.T) {
	p := runLedger(t)
	ahead := time.Now().Add(48 * time.Hour).UnixMilli()
	p.latest.Store(ahead) // the clock was two days ahead
	for range 3 {
		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
		p = p.again()
	}
	p.kill()
	p.loseIndex()
	p = p.again()
	all := p.times()
	if len(all) != 8 {
		t.Fatalf("got %d start and stop records, want 8", len(all))
	}
	for i, at := range all[1:] {
		if at != ahead {
			t.Errorf("record %d: got time %d, want %d", i+1, at, ahead)
		}
	}
}

// Messages are found by their numbers though the clock has gone back or forward by days since.
func TestReadsFindMessagesWhateverTheClockDid(t *testing.T) {
	for _, days := range []time.Duration{-5, -1, 1, 5, 300} {
		p := runLedger(t)
		c := relaytest.Conversation(t, "10690001", "447700900123")
		s := toSend(c)
		s.At = s.At.Add(days * 24 * time.Hour) // the clock when it was sent
		p.mustAssign(t, s)
		p.accept(s, "A")
		for _, what := range []string{"in this life", "in the next one"} {
			p.CatchUp()
			f, err := p.index.FindNumber(&c, s.Number, relaytest.Any)
			if err != nil || f == nil || f.Entry.Ordinal != s.ordinal {
				t.Errorf("%d days, %s: got %+v, %v, want the message", days, what, f, err)
				continue
			}
			if stands, err := p.Standing(&c); err != nil || !stands(&f.Place) {
				t.Errorf("%d days, %s: got %v, want the number to stand for it", days, what, err)
			}
			if err := p.stop(); err != nil {
				t.Fatal(err)
			}
			p = p.again()
		}
	}
}
