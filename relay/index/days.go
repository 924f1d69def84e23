package index

import (
	"iter"
	"math"
	"slices"
	"sync/atomic"
)

// rowDays knows between which days there are rows of each kind that is kept by day. The clock may have been
// ahead when they were made. What has expired still counts until the next start.
type rowDays [math.MaxUint8 + 1]struct {
	newest atomic.Uint32 // 0: there are none
	oldest atomic.Uint32 // the day after it; 0: there are none
}

// kindsByDay are the kinds of rows whose days are known so.
var kindsByDay = []byte{prefixRoute, prefixPart, prefixOwner, prefixOwnerTo}

// note notes that there are rows of a kind on a day. Only the applier calls it.
func (d *rowDays) note(kind byte, day uint16) {
	of := &d[kind]
	if uint32(day) > of.newest.Load() {
		of.newest.Store(uint32(day))
	}
	if oldest := of.oldest.Load(); oldest == 0 || uint32(day)+1 < oldest {
		of.oldest.Store(uint32(day) + 1)
	}
}

// noteDay notes that there is a row of any kind, with this day if its kind is kept by day.
func (ix *Index) noteDay(kind byte, day uint16) {
	switch {
	case kind == prefixEntry:
		ix.entryDays.note(day)
	case slices.Contains(kindsByDay, kind):
		ix.days.note(kind, day)
	}
}

// since returns the oldest day with rows of a kind that is not before so many days before today.
func (d *rowDays) since(kind byte, today, days uint16) uint32 {
	return max(d[kind].oldest.Load(), 1+uint32(today-min(today, days))) - 1
}

// daysBack yields the days from the newest one with rows of a kind, or today if that is later, down to so many
// days before today, or to the oldest one with rows.
func (ix *Index) daysBack(kind byte, today, days uint16) iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		oldest := ix.days.since(kind, today, days)
		for day := max(ix.days[kind].newest.Load(), uint32(today)); yield(uint16(day)) && day > oldest; day-- {
		}
	}
}

// todayFirst yields today and so many days before, down to the oldest one with rows of a kind, and then the days behind today that have rows of a kind.
// Those are of messages that last, and a newer message has a row under an earlier day.
func (ix *Index) todayFirst(kind byte, today, days uint16) iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		oldest := ix.days.since(kind, today, days)
		for day := int64(today); day >= int64(oldest); day-- {
			if !yield(uint16(day)) {
				return
			}
		}
		for day := ix.days[kind].newest.Load(); day > uint32(today); day-- {
			if !yield(uint16(day)) {
				return
			}
		}
	}
}

// readDays reads from the store between which days there are rows. The caller holds mu.
func (ix *Index) readDays() error {
	it, err := ix.db.NewIter(nil)
	if err != nil {
		return err
	}
	l := &lookup{ix: ix, it: it}
	for _, kind := range kindsByDay {
		newest, _ := l.newestDay(kind, math.MaxUint16)
		ix.days[kind].newest.Store(uint32(newest))
		ix.days[kind].oldest.Store(0)
		if oldest, ok := l.oldestDay(kind); ok {
			ix.days[kind].oldest.Store(uint32(oldest) + 1)
		}
	}
	ix.entryDays.reset()
	l.eachDay(func(day uint16) bool {
		ix.entryDays.note(day)
		return true
	})
	ix.readOwners(l)
	return firstError(l.err, it.Close())
}
