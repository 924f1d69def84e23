package index

import (
	"slices"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/relaytest"
)

// Only days between the oldest and the newest one with rows are looked at, however long rows are kept.
func TestDaysWithRows(t *testing.T) {
	const kind = prefixOwner
	for _, tt := range []struct {
		name                   string
		noted                  []uint16
		today, days            uint16
		back, todayFirst, then []uint16 // then: with a row of day 96, too
	}{
		{"none", nil, 3, 2, []uint16{3, 2, 1}, []uint16{3, 2, 1}, []uint16{}},
		{"kept for long", []uint16{100, 98}, 100, 60000, []uint16{100, 99, 98}, []uint16{100, 99, 98}, []uint16{100, 99, 98, 97, 96}},
		{"kept for a day", []uint16{100, 98}, 100, 1, []uint16{100, 99}, []uint16{100, 99}, []uint16{100, 99}},
		{"later ones", []uint16{98, 102}, 100, 60000, []uint16{102, 101, 100, 99, 98}, []uint16{100, 99, 98, 102, 101}, []uint16{100, 99, 98, 97, 96, 102, 101}},
		{"the clock went back", []uint16{102}, 100, 1, []uint16{102}, []uint16{102, 101}, []uint16{100, 99, 102, 101}},
		{"the first day of all", []uint16{0}, 1, 60000, []uint16{1, 0}, []uint16{1, 0}, []uint16{}},
		{"before the first day", []uint16{1}, 1, 60000, []uint16{1}, []uint16{1}, []uint16{}},
	} {
		ix := new(Index)
		for _, day := range tt.noted {
			ix.days.note(kind, day)
		}
		if got := slices.Collect(ix.daysBack(kind, tt.today, tt.days)); !slices.Equal(got, tt.back) {
			t.Errorf("%s: back: got %d, want %d", tt.name, got, tt.back)
		}
		if got := slices.Collect(ix.todayFirst(kind, tt.today, tt.days)); !slices.Equal(got, tt.todayFirst) {
			t.Errorf("%s: today first: got %d, want %d", tt.name, got, tt.todayFirst)
		}
		ix.days.note(kind, 96)
		if got := slices.Collect(ix.todayFirst(kind, tt.today, tt.days)); len(tt.then) > 0 && !slices.Equal(got, tt.then) {
			t.Errorf("%s: today first, with 96: got %d, want %d", tt.name, got, tt.then)
		}
	}
}

// After a start the days of all rows are known.
func TestDaysAfterAStart(t *testing.T) {
	l := newLogbook(t)
	for _, day := range []uint16{98, 100, 99} {
		p := journal.Place{Conv: relaytest.Conversation(t, "10690001", "447700900123"), Day: day, Number: day, Ordinal: uint64(day)}
		l.write(journaltest.AcceptedAt(p, "id"))
	}
	want := []uint16{101, 100, 99, 98}
	for range 2 {
		if got := slices.Collect(l.ix.todayFirst(prefixOwner, 101, 60000)); !slices.Equal(got[:len(want)], want) {
			t.Errorf("got %d, want %d", got, want)
		}
		l.ix.days[prefixOwner].newest.Store(0)
		l.ix.days[prefixOwner].oldest.Store(0)
		if err := l.ix.readDays(); err != nil {
			t.Fatal(err)
		}
	}
	if first := l.ix.days[prefixOwner].oldest.Load(); first > 99 {
		t.Errorf("got rows since day %d, want since 98", first-1)
	}
}
