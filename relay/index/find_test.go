package index

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// FindNumber returns the newest entry of the conversation with the number that the caller accepts,
// whatever the day is.
func TestNewestEntry(t *testing.T) {
	l := newLogbook(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	others := []message.Conversation{
		relaytest.Conversation(t, "10690000", "447700900123"), relaytest.Conversation(t, "10690002", "447700900123"),
		relaytest.Conversation(t, "10690001", "447700900122"), relaytest.Conversation(t, "10690001", "447700900124"),
	}
	put := func(c message.Conversation, day, number uint16, id string) {
		l.write(journaltest.AcceptedAt(journal.Place{Conv: c, Day: day, Number: number, Ordinal: uint64(day)}, id))
	}
	for _, o := range others {
		put(o, 20785, 5, "other")
	}
	put(c, 20780, 5, "old")
	put(c, 20780, 6, "six")
	put(c, 20783, 5, "new")
	put(c, 20783, 7, "seven")
	tests := []struct {
		number uint16
		before uint64 // the ordinals that are accepted
		want   string
	}{
		{5, math.MaxUint64, "new 20783"},
		{5, 20784, "new 20783"},
		{5, 20783, "old 20780"},
		{5, 20780, ""},
		{6, math.MaxUint64, "six 20780"},
		{7, math.MaxUint64, "seven 20783"},
		{4, math.MaxUint64, ""},
		{8, math.MaxUint64, ""},
	}
	for _, tt := range tests {
		f, err := l.ix.FindNumber(&c, tt.number, func(p *journal.Place) bool { return p.Ordinal < tt.before })
		got := ""
		if f != nil {
			got = fmt.Sprintf("%s %d", f.Entry.Parts[0].ID, f.Place.Day)
			if f.Place.Conv != c || f.Place.Number != tt.number || f.Place.Ordinal != uint64(f.Place.Day) {
				t.Errorf("%d before %d: got place %+v", tt.number, tt.before, f.Place)
			}
			if again, err := l.ix.Entry(&f.Place); err != nil || again == nil || again.Place != f.Place {
				t.Errorf("%d before %d: at its place: got %+v, %v", tt.number, tt.before, again, err)
			}
			f.Place.Ordinal++
			if other, err := l.ix.Entry(&f.Place); err != nil || other != nil {
				t.Errorf("%d before %d: of another message: got %+v, %v, want none", tt.number, tt.before, other, err)
			}
		}
		if err != nil || got != tt.want {
			t.Errorf("%d before %d: got %q, %v, want %q", tt.number, tt.before, got, err, tt.want)
		}
	}
}

// FindReceiver returns the entries with the number of all senders, the newest day first.
func TestEntriesOfReceiver(t *testing.T) {
	l := newLogbook(t)
	receiver := relaytest.Addr(t, "447700900123")
	put := func(sender, receiver string, day, number uint16, id string) {
		l.write(journaltest.AcceptedAt(journal.Place{Conv: relaytest.Conversation(t, sender, receiver), Day: day, Number: number}, id))
	}
	put("a", "447700900123", 20780, 5, "a old")
	put("a", "447700900123", 20782, 4, "a other")
	put("a", "447700900123", 20782, 5, "a new")
	put("a", "447700900123", 20782, 6, "a other")
	put("a", "447700900123", 20782, 5+1<<8, "a other")
	put("b", "447700900123", 20780, 5, "b old")
	put("b", "447700900123", 20782, 9, "b other")
	put("c", "447700900123", 20782, 5, "c new")
	put("c", "447700900124", 20782, 5, "other")
	put("d", "447700900122", 20782, 5, "other")
	put("e", "447700900123", 20784, 5, "e tomorrow")
	for _, where := range []string{"staged", "in the store"} {
		all, err := l.ix.FindReceiver(&receiver, 5)
		if err != nil {
			t.Fatal(err)
		}
		var got [][]byte
		for _, f := range all {
			got = append(got, f.Entry.Parts[0].ID)
		}
		want := "[e tomorrow a new c new a old b old]"
		if text := "[" + string(bytes.Join(got, []byte(" "))) + "]"; text != want {
			t.Errorf("%s: got %s, want %s", where, text, want)
		}
		if err := l.ix.writeStaged(); err != nil {
			t.Fatal(err)
		}
	}
}

// EachEntry visits the entries of one conversation, the newest day first, until the caller has
// enough.
func TestEachEntry(t *testing.T) {
	l := newLogbook(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for _, p := range []journal.Place{
		{Conv: c, Day: 20780, Number: 1},
		{Conv: c, Day: 20780, Number: 2},
		{Conv: c, Day: 20782, Number: 1},
		{Conv: c, Day: 0, Number: 3},
		{Conv: relaytest.Conversation(t, "10690002", "447700900123"), Day: 20781, Number: 1},
		{Conv: relaytest.Conversation(t, "1069000", "447700900123"), Day: 20781, Number: 1},
	} {
		l.write(journaltest.AcceptedAt(p, fmt.Sprint(p.Day, ".", p.Number)))
	}
	for _, tt := range []struct {
		n    int
		want string
	}{
		{9, "20782.1 20780.1 20780.2 0.3 "},
		{2, "20782.1 20780.1 "},
		{1, "20782.1 "},
	} {
		got, n := "", 0
		err := l.ix.EachEntry(&c, func(f Found) bool {
			got += string(f.Entry.Parts[0].ID) + " "
			n++
			return n < tt.n
		})
		if err != nil || got != tt.want {
			t.Errorf("%d: got %s, %v, want %s", tt.n, got, err, tt.want)
		}
	}
}

// A value that cannot be read is an error. It does not count as a missing message.
func TestDamagedEntry(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	l.write(journaltest.AcceptedAt(p, "id"))
	if err := firstError(l.ix.writeStaged(), l.ix.db.Set(entryKey(nil, &p), []byte{1, 2}, pebble.NoSync)); err != nil {
		t.Fatal(err)
	}
	var bad *journal.RecordError
	if f, err := l.ix.FindNumber(&p.Conv, p.Number, relaytest.Any); !errors.As(err, &bad) {
		t.Errorf("by number: got %+v, %v, want an error", f, err)
	}
	if all, err := l.ix.FindReceiver(&p.Conv.Receiver, p.Number); !errors.As(err, &bad) {
		t.Errorf("by receiver: got %+v, %v, want an error", all, err)
	}
	if err := l.ix.EachEntry(&p.Conv, func(Found) bool { return true }); !errors.As(err, &bad) {
		t.Errorf("of the conversation: got %v, want an error", err)
	}
	l.seq++
	data, _ := l.bytes(readAt(p, message.StatusRead, 2000))
	if got, err := l.a.Apply(9, data, true); !errors.As(err, &bad) {
		t.Errorf("read: got %v, %v, want an error", got, err)
	}
}
