package index

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/journal"
)

// applied4 is how far an index of version 4 followed the log, as it stood in it.
func applied4(seq, epoch uint64, stopped byte, c Cycle) []byte {
	v := binary.BigEndian.AppendUint64(nil, seq)
	v = append(binary.BigEndian.AppendUint64(v, epoch), stopped)
	v = binary.AppendUvarint(binary.AppendUvarint(v, uint64(c.First)), uint64(c.Last))
	return binary.BigEndian.AppendUint64(v, c.Since)
}

// plainBatch is a batch of version 1 with a route.
func plainBatch(epoch, serial uint64, id string) []byte {
	b := binary.AppendUvarint([]byte{1}, epoch)
	b = binary.BigEndian.AppendUint64(b, 77)
	return journal.AppendRoute(binary.AppendUvarint(b, serial), 20780, "bank", []byte(id))
}

// An index of version 4 is converted: it keeps its rows, goes on behind the batch that it had got to, and
// counts each of its last epochs as ended without a clean stop. What follows is of any version.
func TestUpgrade(t *testing.T) {
	log := logOf(1, plainBatch(6, 1, "a"), plainBatch(6, 2, "b"), plainBatch(7, 1, "c"), plainBatch(7, 2, "d"))
	next := journal.AppendHeader(nil, journal.Header{Epoch: 8, Instance: 78, Serial: 5, Messages: 0})
	log.last++
	log.batches[5] = journal.Seal(journal.AppendRoute(next, 20780, "bank", []byte("e")))
	value := applied4(3, 7, 0, Cycle{1, 257, 2})
	mem := vfs.NewMem()
	l := begin(t, mem, logOf(1), 0)
	meta := append([]byte{4}, metaValue(1)[1:]...)
	err := firstError(
		l.db.Set(keyMeta, meta, pebble.NoSync), l.db.Set(keyApplied, value, pebble.NoSync),
		l.db.Set(routeKey(nil, 20780, []byte("index only")), []byte("shop"), pebble.NoSync), l.Close())
	if err != nil {
		t.Fatal(err)
	}
	l = begin(t, mem, log, 0)
	for id, want := range map[string]string{"index only": "shop", "a": "", "b": "", "c": "", "d": "bank", "e": "bank"} {
		if account, err := l.Route([]byte(id), 20780, 1); account != want || err != nil {
			t.Errorf("route %s: got %q, %v, want %q", id, account, err, want)
		}
	}
	if l.at.Serial != 5 || l.at.Seq != 5 || l.at.Epoch != 8 || l.at.Cycle != (Cycle{1, 257, 2}) || !l.at.Used || !l.at.Unclaimed {
		t.Errorf("got %+v, want serial 5 in epoch 8", l.at)
	}
	skips, err := l.Skips()
	got := ""
	for _, s := range skips {
		got += fmt.Sprint(s.Epoch, " ", s.Own, " ", s.Other, ", ")
	}
	if want := "3 8 8, 4 8 8, 5 8 8, 6 8 8, "; got != want || err != nil {
		t.Errorf("skips: got %s, %v, want %s", got, err, want)
	}
	if len(l.lost) > 0 {
		t.Errorf("lost: got %+v, want nothing", l.lost)
	}
}

// An index of an earlier version has all rows of its batches, also when the log has none of them any more.
func TestUpgradeHasAllRows(t *testing.T) {
	for _, version := range []byte{version4, version5, version7} {
		mem := vfs.NewMem()
		l := begin(t, mem, logOf(1, ledgerOf(t, 77, 9)...), 0)
		value := appendPosition(nil, &l.at)
		if version == version4 {
			value = applied4(9, 1, 1, l.at.Cycle)
		}
		err := firstError(
			l.db.Set(keyMeta, append([]byte{version}, metaValue(1)[1:]...), pebble.NoSync),
			l.db.Set(keyApplied, value, pebble.NoSync))
		if version < version6 {
			err = firstError(err, l.db.Delete(keyStaged, pebble.NoSync))
		}
		err = firstError(err, l.Close())
		if err != nil {
			t.Fatal(err)
		}
		l = begin(t, mem, &scriptedLog{created: 1, first: 10, last: 9}, 0)
		l.wantMessages(t, 9)
		if skips, err := l.Skips(); len(skips) > 0 || err != nil {
			t.Errorf("version %d: skips: got %+v, %v, want none", version, skips, err)
		}
		if at, err := stagedIn(l.db); at.Serial != 9 || err != nil {
			t.Errorf("version %d: staged rows up to batch %d, %v, want 9", version, at.Serial, err)
		}
	}
}

// An index of version 4 that does not say how far it got is built again.
func TestUpgradeUnreadable(t *testing.T) {
	mem := vfs.NewMem()
	l := begin(t, mem, logOf(1), 0)
	err := firstError(
		l.db.Set(keyMeta, append([]byte{4}, metaValue(1)[1:]...), pebble.NoSync),
		l.db.Set(keyApplied, []byte{1, 2, 3}, pebble.NoSync), l.Close())
	if err != nil {
		t.Fatal(err)
	}
	l = begin(t, mem, logOf(1, plainBatch(6, 1, "a")), 1)
	if account, err := l.Route([]byte("a"), 20780, 1); account != "bank" || err != nil {
		t.Errorf("route: got %q, %v, want that of the log", account, err)
	}
}

// A batch of version 1 that is damaged is left out. What comes behind it is applied.
func TestDamagedPlainBatch(t *testing.T) {
	damaged := plainBatch(6, 2, "b")
	damaged[11] = 200 // the kind
	l := begin(t, vfs.NewMem(), logOf(1, plainBatch(6, 1, "a"), damaged, plainBatch(6, 3, "c")), 1)
	if fmt.Sprint(l.lost) != fmt.Sprint([]Lost{{From: 2, To: 2}}) {
		t.Errorf("lost: got %+v, want the second one", l.lost)
	}
	if account, err := l.Route([]byte("c"), 20780, 1); account != "bank" || err != nil {
		t.Errorf("route behind it: got %q, %v", account, err)
	}
}
