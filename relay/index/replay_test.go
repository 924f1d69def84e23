package index

import (
	"fmt"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/journal"
	"readback/relay/relaytest"
)

// An index goes on with what it knows, whatever the log has lost, and says so once.
func TestLogKnowsLess(t *testing.T) {
	all := ledgerOf(t, 77, 10)
	for _, tt := range []struct {
		name   string
		log    *scriptedLog
		errors int
		last   int
		gone   []int
	}{
		{"as it was", logOf(1, all...), 0, 10, nil},
		{"empty, made again", logOf(2), 1, 10, nil},
		{"expired", &scriptedLog{created: 1, first: 11, last: 10}, 0, 10, nil},
		{"purged by another one that has begun again", &scriptedLog{created: 1, first: 1, last: 0}, 1, 10, nil},
		{"shorter", logOf(1, all[:6]...), 1, 10, nil},
		{"an older copy", logOf(2, all[:6]...), 1, 10, nil},
		{"a copy", logOf(2, all...), 0, 10, nil},
		{"a gap in the middle", logOf(1, all...).without(4, 5), 1, 10, nil},
		{"the beginning is gone", &scriptedLog{created: 1, first: 9, last: 10, batches: map[uint64][]byte{9: all[8], 10: all[9]}}, 0, 10, nil},
		{"the last one is damaged", logOf(1, all...).without(10), 1, 10, nil},
		{"longer", logOf(1, ledgerOf(t, 77, 12)...), 0, 12, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fs := vfs.NewMem()
			l := begin(t, fs, logOf(1, all...), 0)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = begin(t, fs, tt.log, tt.errors)
			l.wantMessages(t, tt.last, tt.gone...)
			if len(l.lost) > 0 {
				t.Errorf("lost: got %+v, want nothing: the index has it", l.lost)
			}
			if l.at.Seq != tt.log.last {
				t.Errorf("it follows the log up to %d, want %d", l.at.Seq, tt.log.last)
			}
		})
	}
}

// The log of another ledger takes the place of all that the index knew, and of the recent batches.
func TestLogOfAnotherLedger(t *testing.T) {
	mine, other := ledgerOf(t, 77, 10), ledgerOf(t, 78, 4)
	fs := vfs.NewMem()
	l := begin(t, fs, logOf(1, mine[:6]...), 0)
	l.apply(t, 7, mine[6:]...)
	if err := l.Discard(); err != nil {
		t.Fatal(err)
	}
	l = begin(t, fs, logOf(2, other...), 1)
	l.wantMessages(t, 4)
	if p := placeOf(t, 5); l.at.Serial != 4 {
		t.Errorf("serial: got %d, want that of the log; message %+v", l.at.Serial, p)
	}
	p := placeOf(t, 5)
	if f, err := l.FindNumber(&p.Conv, p.Number, relaytest.Any); f != nil || err != nil {
		t.Errorf("a message of the former ledger: got %+v, %v, want none", f, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = begin(t, fs, logOf(2, other...), 0)
	l.wantMessages(t, 4)
}

// Batches since the last flush are kept beside the index. They complete a log that has lost them.
func TestRecentComplete(t *testing.T) {
	all := ledgerOf(t, 77, 10)
	for _, tt := range []struct {
		name   string
		log    *scriptedLog
		damage func(t *testing.T, fs vfs.FS)
		last   int
		gone   []int
		errors int
	}{
		{"the log has them", logOf(1, all...), nil, 10, nil, 0},
		{"the log has lost its end", logOf(1, all[:4]...), nil, 10, nil, 1},
		{"the log has lost more than that", logOf(1, all[:2]...), nil, 10, nil, 1},
		{"the log has been removed", logOf(2), nil, 10, nil, 1},
		{"the log has a gap", logOf(1, all...).without(6, 7), nil, 10, nil, 1},
		{"the log has lost its last", logOf(1, all...).without(10), nil, 10, nil, 1},
		{"torn", logOf(1, all[:4]...), func(t *testing.T, fs vfs.FS) { cutRecent(t, fs, 5) }, 9, nil, 1},
		{"none", logOf(1, all[:4]...), func(t *testing.T, fs vfs.FS) { cutRecent(t, fs, 1<<20) }, 4, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fs := vfs.NewMem()
			l := begin(t, fs, logOf(1, all[:4]...), 0)
			l.apply(t, 5, all[4:]...)
			if err := l.Discard(); err != nil {
				t.Fatal(err)
			}
			if tt.damage != nil {
				tt.damage(t, fs)
			}
			l = begin(t, fs, tt.log, tt.errors)
			l.wantMessages(t, tt.last, tt.gone...)
			if len(l.lost) > 0 {
				t.Errorf("lost: got %+v, want nothing", l.lost)
			}
		})
	}
}

// cutRecent takes octets off the end of the recent batches.
func cutRecent(t *testing.T, fs vfs.FS, octets int) {
	t.Helper()
	data := readFile(t, fs, "index.recent")
	writeFile(t, fs, "index.recent", data[:max(len(data)-octets, 0)])
}

// Batches that nobody has are lost: the index says which and how many messages, once, and from then on
// skips the numbers that they may have had.
func TestLostBatches(t *testing.T) {
	all := ledgerOf(t, 77, 10)
	for _, tt := range []struct {
		name string
		log  *scriptedLog
		want Lost
		skip uint64
		gone []int
		last int
	}{
		{"in the middle", logOf(1, all...).without(6, 7), Lost{6, 7, 2, true}, 2 + journal.Window, []int{6, 7}, 10},
		{"one", logOf(1, all...).without(5), Lost{5, 5, 1, true}, 1 + journal.Window, []int{5}, 10},
		{"damaged", damagedAt(logOf(1, all...), 7), Lost{7, 7, 1, true}, 1 + journal.Window, []int{7}, 10},
		{"the last ones", logOf(1, all...).without(9, 10), Lost{9, 10, 0, false}, journal.Window, []int{9, 10}, 10},
		{"the last one is damaged", damagedAt(logOf(1, all...), 10), Lost{10, 10, 0, false}, journal.Window, []int{10}, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fs := vfs.NewMem()
			l := begin(t, fs, logOf(1, all[:4]...), 0)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = begin(t, fs, tt.log, 1)
			if !slices.Equal(l.lost, []Lost{tt.want}) {
				t.Errorf("lost: got %+v, want %+v", l.lost, tt.want)
			}
			skips, err := l.Skips()
			if want := (Skips{{Epoch: 1, Own: tt.skip, Other: tt.skip, At: 1000}}); err != nil || fmt.Sprint(skips) != fmt.Sprint(want) {
				t.Errorf("skips: got %+v, %v, want %+v", skips, err, want)
			}
			if l.at.Serial != uint64(tt.last) {
				t.Errorf("serial: got %d, want %d", l.at.Serial, tt.last)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if l = begin(t, fs, tt.log, 0); len(l.lost) > 0 {
				t.Errorf("opened again: got %+v, want that nothing more is lost", l.lost)
			}
		})
	}
}

// damagedAt changes an octet of a batch.
func damagedAt(l *scriptedLog, seq uint64) *scriptedLog {
	l.batches[seq] = slices.Clone(l.batches[seq])
	l.batches[seq][20] ^= 1
	return l
}

// An index that is an older copy reads what it does not have.
func TestOlderIndex(t *testing.T) {
	all := ledgerOf(t, 77, 10)
	for _, created := range []int64{1, 2} {
		fs := vfs.NewMem()
		l := begin(t, fs, logOf(1, all[:4]...), 0)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		begin(t, fs, logOf(created, all...), 0).wantMessages(t, 10)
	}
}

// An index that is empty says so when it cannot read the beginning of the log.
func TestBeginningIsLost(t *testing.T) {
	all := ledgerOf(t, 77, 5)
	for name, log := range map[string]*scriptedLog{
		"damaged": damagedAt(logOf(1, all...), 1), "gone": logOf(1, all...).without(1, 2),
	} {
		l := begin(t, vfs.NewMem(), log, 1)
		if l.lines.Count("first batches of the log") != 1 || l.at.Serial != 5 {
			t.Errorf("%s: got %q and %+v, want a line about it", name, l.lines.All, l.at)
		}
	}
}
