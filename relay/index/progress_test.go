package index

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/relaytest"
)

// slowLog gives a batch in each second.
type slowLog struct {
	*scriptedLog
	given func(seq uint64) // is called before a batch is given
}

func (l slowLog) Replay(ctx context.Context, from uint64, f func(seq uint64, batch []byte) error) error {
	return l.scriptedLog.Replay(ctx, from, func(seq uint64, batch []byte) error {
		time.Sleep(time.Second)
		l.given(seq)
		return f(seq, batch)
	})
}

// Replay says how far it is: whenever it is asked, and every five seconds in the log.
func TestReplaySaysHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := new(relaytest.LogLines)
		ix := NewIn(vfs.NewMem(), "index", lines.Logger())
		if err := ix.Open(); err != nil {
			t.Fatal(err)
		}
		if got := ix.Progress(); got != (Progress{}) {
			t.Errorf("before: got %+v, want none", got)
		}
		p := testPlace(t)
		var batches [][]byte
		for i := range 12 {
			l := logbook{seq: uint64(i + 1), messages: uint64(2 * i)}
			batch, _ := l.bytes(journaltest.AcceptedAt(p, "a"), journaltest.AcceptedAt(p, "b"))
			batches = append(batches, batch)
		}
		var said []string
		log := slowLog{logOf(1, batches...), func(uint64) { said = append(said, ix.Progress().String()) }}
		if _, err := (&Applier{Index: ix}).Replay(t.Context(), log, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		if got := said[0]; got != "reading the log, 0% of 12 batches" {
			t.Errorf("at first: got %q", got)
		}
		if got := said[8]; got != "reading the log, 66% of 12 batches, about 4 s left" { // eight batches in nine seconds
			t.Errorf("after eight batches: got %q", got)
		}
		if got, want := ix.Progress(), (Progress{Read: 12, Total: 12, Took: 12 * time.Second}); got != want {
			t.Errorf("behind it: got %+v, want %+v", got, want)
		}
		if got := lines.Count("reading the log"); got != 2 {
			t.Errorf("lines: got %d, want one each five seconds", got)
		}
		if err := ix.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// What a line says: here the log stands still from the third batch on.
func TestReplayLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines relaytest.LogLines
		p := new(progress)
		end := p.begin(11, 20, lines.Logger())
		time.Sleep(tellEvery / 2)
		p.read(12, 250)
		p.read(13, 500)
		time.Sleep(tellEvery/2 + 1)
		synctest.Wait()
		if want := `msg="reading the log" batches=3 of=10 records_per_second=150 left=12s`; lines.Count(want) != 1 {
			t.Errorf("got no line with %s", want)
		}
		time.Sleep(tellEvery)
		synctest.Wait()
		if want := `records_per_second=0 left=23s`; lines.Count(want) != 1 {
			t.Errorf("got no line with %s", want)
		}
		end()
	})
}

// The log may begin behind sequence 1, and the index may lack its end only.
func TestReplayCountsWhatIsLeft(t *testing.T) {
	l := newLogbook(t)
	p := testPlace(t)
	var batches [][]byte
	for i := range 4 {
		batch, _ := (&logbook{seq: uint64(i + 1), messages: uint64(i)}).bytes(journaltest.AcceptedAt(p, "a"))
		batches = append(batches, batch)
	}
	quiet := slog.New(slog.DiscardHandler)
	for _, tt := range []struct {
		log  journal.Log
		want uint64
	}{{logOf(1, batches[:3]...), 3}, {logOf(1, batches...), 1}} {
		if _, err := l.a.Replay(t.Context(), tt.log, quiet); err != nil {
			t.Fatal(err)
		}
		if got := l.ix.Progress(); got.Total != tt.want || got.Read != tt.want || got.Running {
			t.Errorf("got %+v, want %d", got, tt.want)
		}
	}
}
