package index

import (
	"bytes"
	"cmp"
	"log/slog"
	"reflect"
	"testing"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
	"readback/smpp/receipt"
)

// Any octets that are read as the key of an entry are the key of the place that was read.
func FuzzEntryKey(f *testing.F) {
	for _, key := range journaltest.Golden(f, "index_keys.txt") {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key []byte) {
		p, err := parseEntryKey(key)
		if err != nil {
			return
		}
		again := entryKey(nil, &p)
		if back, err := parseEntryKey(again); err != nil || back != p {
			t.Errorf("%x: got %+v, %v, want %+v", again, back, err, p)
		}
		if len(again) == len(key) && !bytes.Equal(again, key) {
			t.Errorf("got key %x, want %x", again, key)
		}
	})
}

// Any octets that are read as a value are the same when written and read again.
func FuzzIndexValues(f *testing.F) {
	for _, value := range journaltest.Golden(f, "index_values.txt") {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		comesBack(t, value, parseEntry, func(e *Entry) []byte { return appendEntry(nil, e) })
		comesBack(t, value, parseHead, func(h *headValue) []byte { return appendHeadValue(nil, h.epoch, h.next) })
		comesBack(t, value, parsePosition, func(p *Position) []byte { return appendPosition(nil, p) })
		comesBack(t, value, parseWriter, func(w *writer) []byte { return appendInstance(nil, w.instance, w.First, w.Last) })
		comesBack(t, value, parseCycleChanges, func(all *[]CycleChange) []byte { return appendCycleChanges(nil, *all) })
		comesBack(t, value, parsePartOfDay, func(p *journal.SplitPart) []byte { return appendPart(nil, p) })
		comesBack(t, value, parseSplitState, func(m *receipt.Merge) []byte { return appendSplitState(nil, m) })
	})
}

func comesBack[T any](t *testing.T, value []byte, parse func([]byte) (T, error), appendTo func(*T) []byte) {
	t.Helper()
	v, err := parse(value)
	if err != nil {
		return
	}
	if back, err := parse(appendTo(&v)); err != nil || !reflect.DeepEqual(back, v) {
		t.Errorf("%x: got %+v, %v, want %+v", value, back, err, v)
	}
}

// Where a lookup depends on the order of keys, they are in the order of what they stand for:
// days, numbers of a conversation, records of the log. Exactly the keys with a prefix are
// between the prefix and its upper bound.
func FuzzKeyOrder(f *testing.F) {
	f.Add(uint16(20780), "447700900123", "10690001", uint16(257), uint16(20781), "447700900124", "Bank", uint16(1), uint64(1<<50), uint64(1<<50+1))
	f.Add(uint16(255), "1", "11", uint16(255), uint16(256), "11", "1", uint16(256), uint64(255), uint64(256))
	f.Add(uint16(65535), "\xff", "\xff\xff", uint16(65535), uint16(0), "\xff\xff", "\xff", uint16(0), uint64(0), uint64(1<<64-1))
	f.Fuzz(func(t *testing.T, day uint16, receiver, sender string, number, day2 uint16, receiver2, sender2 string, number2 uint16, seq, seq2 uint64) {
		var p, q journal.Place
		var errs [4]error
		p.Day, p.Number, q.Day, q.Number = day, number, day2, number2
		p.Conv.Receiver, errs[0] = message.NewAddr(receiver)
		p.Conv.Sender, errs[1] = message.NewAddr(sender)
		q.Conv.Receiver, errs[2] = message.NewAddr(receiver2)
		q.Conv.Sender, errs[3] = message.NewAddr(sender2)
		if firstError(errs[:]...) != nil {
			return
		}
		checkEntryOrder(t, &p, &q)
		want := cmp.Or(cmp.Compare(seq, seq2), cmp.Compare(number, number2))
		got := bytes.Compare(outboxKey(nil, FeedbackOutbox, seq, uint64(number)), outboxKey(nil, FeedbackOutbox, seq2, uint64(number2)))
		if got != want {
			t.Errorf("outbox keys of %d %d and %d %d: got order %d, want %d", seq, number, seq2, number2, got, want)
		}
		other := q.Conv
		if (string(headKey(nil, &p.Conv)) == string(headKey(nil, &other))) != (p.Conv == other) {
			t.Errorf("head keys of %v and %v: got the same, or not the same of one", p.Conv, other)
		}
	})
}

// checkEntryOrder compares the keys of two entries, and looks where the second one stands to the
// prefixes of the first one.
func checkEntryOrder(t *testing.T, p, q *journal.Place) {
	t.Helper()
	got := bytes.Compare(entryKey(nil, p), entryKey(nil, q))
	switch {
	case p.Day != q.Day:
		if want := cmp.Compare(p.Day, q.Day); got != want {
			t.Errorf("days %d and %d: got order %d, want %d", p.Day, q.Day, got, want)
		}
	case p.Conv == q.Conv:
		if want := cmp.Compare(p.Number, q.Number); got != want {
			t.Errorf("numbers %d and %d: got order %d, want %d", p.Number, q.Number, got, want)
		}
	case got == 0:
		t.Errorf("%+v and %+v: got the same key", p, q)
	}
	sameReceiver := p.Day == q.Day && p.Conv.Receiver == q.Conv.Receiver
	for _, tt := range []struct {
		name   string
		prefix []byte
		within bool
	}{
		{"entries", []byte{prefixEntry}, true},
		{"day", dayPrefix(nil, prefixEntry, p.Day), p.Day == q.Day},
		{"receiver", receiverPrefix(nil, p.Day, &p.Conv.Receiver), sameReceiver},
		{"conversation", conversationPrefix(nil, p.Day, &p.Conv), sameReceiver && p.Conv.Sender == q.Conv.Sender},
	} {
		key := entryKey(nil, q)
		end := upper(tt.prefix)
		if within := bytes.Compare(key, tt.prefix) >= 0 && (end == nil || bytes.Compare(key, end) < 0); within != tt.within {
			t.Errorf("%s %x of %+v: got key %x within: %v, want %v", tt.name, tt.prefix, p, key, within, tt.within)
		}
		if has := bytes.HasPrefix(key, tt.prefix); has != tt.within {
			t.Errorf("%s %x of %+v: got prefix of %x: %v, want %v", tt.name, tt.prefix, p, key, has, tt.within)
		}
	}
}

// A row that no gateway wrote does not make a lookup panic.
func FuzzForeignRow(f *testing.F) {
	for _, key := range journaltest.Golden(f, "index_keys.txt") {
		for i := range key {
			f.Add(key[:i+1], []byte{})
		}
		f.Add(key, []byte("{}"))
	}
	ix, err := Open(f.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = ix.Close() })
	c := journaltest.Conversation
	f.Fuzz(func(t *testing.T, key, value []byte) {
		if err := ix.db.Set(key, value, pebble.NoSync); err != nil {
			t.Fatal(err)
		}
		_, _ = ix.FindNumber(&c, 257, relaytest.Any)
		_, _ = ix.FindReceiver(&c.Receiver, 257)
		_ = ix.EachEntry(&c, func(Found) bool { return true })
		_, _ = ix.Outbox(FeedbackOutbox, 0, 0, 10)
		_, _ = ix.Outbox(EventOutbox, 0, 0, 10)
		_, _ = ix.OutboxRows()
		_, _, _ = ix.HasParts()
		_, _ = ix.StaleOptOuts(1<<46, 10)
		_, _ = ix.OptOut(&c.Receiver)
		_, _, _ = ix.Head(&c)
		_, _ = ix.Position()
		_, _ = ix.Skips()
		_, _ = ix.CycleOf(3)
		_, _ = ix.CycleChanges(&c)
		_, _, _ = ix.Part([]byte("4a7f02"), &c.Receiver, 20780, 1)
		_, _ = ix.Route([]byte("4a7f01"), 20780, 1)
		if err := ix.db.Delete(key, pebble.NoSync); err != nil {
			t.Fatal(err)
		}
	})
}
