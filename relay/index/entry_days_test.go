package index

import (
	"slices"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/relaytest"
)

// The days with entries are known, newest first, whatever the order in which they came.
func TestEntryDays(t *testing.T) {
	var d entryDays
	if got := d.all(); len(got) != 0 {
		t.Errorf("none yet: got %d", got)
	}
	for _, day := range []uint16{20785, 20785, 20780, 60000, 20783, 20785} {
		d.note(day)
	}
	if got, want := d.all(), []uint16{60000, 20785, 20783, 20780}; !slices.Equal(got, want) {
		t.Errorf("got %d, want %d", got, want)
	}
	d.expire(20785)
	if got, want := d.all(), []uint16{60000, 20785}; !slices.Equal(got, want) {
		t.Errorf("expired: got %d, want %d", got, want)
	}
	d.note(20785)
	d.note(20790)
	if got, want := d.all(), []uint16{60000, 20790, 20785}; !slices.Equal(got, want) {
		t.Errorf("one more: got %d, want %d", got, want)
	}
	for day := range uint16(2 * maxDays) {
		d.note(day)
	}
	if got := d.all(); len(got) != maxDays || got[0] != 60000 {
		t.Errorf("too many: got %d from %d on, want the newest %d", len(got), got[0], maxDays)
	}
	d.reset()
	if got := d.all(); len(got) != 0 {
		t.Errorf("reset: got %d", got)
	}
}

// A lookup goes through the days that it began with, whatever comes meanwhile.
func TestEntryDaysComeMeanwhile(t *testing.T) {
	var d entryDays
	for day := range uint16(50) {
		before := d.all()
		want := slices.Clone(before)
		d.note(day)
		if day%10 == 9 {
			d.expire(day - 5)
		}
		if !slices.Equal(before, want) {
			t.Fatalf("day %d: got %d, want them to stay %d", day, before, want)
		}
	}
}

// The index knows the days of its entries when it is opened.
func TestEntryDaysAreRead(t *testing.T) {
	l := newLogbook(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for i, day := range []uint16{20785, 20780, 60000} {
		l.write(journaltest.AcceptedAt(journal.Place{Conv: c, Day: day, Number: uint16(i), Ordinal: uint64(i)}, "id"))
	}
	l.ix.entryDays.reset()
	if err := firstError(l.ix.writeStaged(), l.ix.readDays()); err != nil {
		t.Fatal(err)
	}
	if got, want := l.ix.entryDays.all(), []uint16{60000, 20785, 20780}; !slices.Equal(got, want) {
		t.Errorf("got %d, want %d", got, want)
	}
}
