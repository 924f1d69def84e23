package index

import (
	"testing"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

// Opt-outs and changes of cycle are found as soon as there are any, however they came into the store, and when
// the store was opened again.
func TestRowsOfSubscribersAreFound(t *testing.T) {
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for _, tt := range []struct {
		name string
		add  func(*logbook)
	}{
		{"logged", func(l *logbook) {
			p := journal.Place{Conv: c, Ordinal: 3}
			l.write(journal.Record{Kind: journal.KindCycle, Place: p, Bound: 5, First: 1, Last: 9},
				journal.Record{Kind: journal.KindOptOut, Place: p, Status: 1, ReadAt: 7, At: 8})
		}},
		{"taken over", func(l *logbook) {
			for key, value := range map[string][]byte{
				string(cycleKey(nil, &c)):           appendCycleChanges(nil, []CycleChange{{3, 5, 1, 9}}),
				string(optOutKey(nil, &c.Receiver)): {7, 8},
			} {
				if err := l.ix.set([]byte(key), value); err != nil {
					l.t.Fatal(err)
				}
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			want := func(when string, since int64, changes int) {
				t.Helper()
				got, err := l.ix.OptOut(&c.Receiver)
				all, failed := l.ix.CycleChanges(&c)
				if got != since || len(all) != changes || err != nil || failed != nil {
					t.Errorf("%s: got %d, %v and %v, %v, want %d and %d changes", when, got, err, all, failed, since, changes)
				}
			}
			want("before", 0, 0)
			tt.add(l)
			want("then", 7, 1)
			if err := l.ix.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := l.ix.OptOut(&c.Receiver); err != ErrClosed {
				t.Errorf("closed: got %v", err)
			}
			if err := l.ix.Open(); err != nil {
				t.Fatal(err)
			}
			want("opened again", 7, 1)
		})
	}
}

// While there are no opt-outs and no changes of cycle, a read is not looked up among them.
func TestRowsOfSubscribersCostNothing(t *testing.T) {
	l := newLogbook(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	if n := testing.AllocsPerRun(100, func() {
		_, _ = l.ix.OptOut(&c.Receiver)
		_, _ = l.ix.CycleChanges(&c)
	}); n > 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}
