package index

import (
	"iter"
	"math"
	"sync/atomic"
)

// newestDays knows the newest day that has rows of each kind that is kept by day. The clock may have
// been ahead when they were made.
type newestDays [math.MaxUint8 + 1]atomic.Uint32

// note notes that there are rows of a kind on a day.
func (n *newestDays) note(kind byte, day uint16) {
	if uint32(day) > n[kind].Load() { // only the applier raises it
		n[kind].Store(uint32(day))
	}
}

// daysBack yields the days from the newest one with rows of a kind, or today if that is later, down
// to so many days before today.
func (ix *Index) daysBack(kind byte, today, days uint16) iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		newest := max(ix.newest[kind].Load(), uint32(today))
		oldest := uint32(today - min(today, days))
		for day := newest; yield(uint16(day)) && day > oldest; day-- {
		}
	}
}

// todayFirst yields today and so many days before, and then the days behind today that have rows of a kind.
// Those are of messages that last, and a newer message has a row under an earlier day.
func (ix *Index) todayFirst(kind byte, today, days uint16) iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		for back := range min(days, today) + 1 {
			if !yield(today - back) {
				return
			}
		}
		for day := ix.newest[kind].Load(); day > uint32(today); day-- {
			if !yield(uint16(day)) {
				return
			}
		}
	}
}

// readNewestDays reads the newest days from the store. The caller holds mu.
func (ix *Index) readNewestDays() error {
	it, err := ix.db.NewIter(nil)
	if err != nil {
		return err
	}
	l := &lookup{ix: ix, it: it}
	for _, kind := range []byte{prefixRoute, prefixPart, prefixOwner, prefixOwnerTo} {
		day, _ := l.newestDay(kind, math.MaxUint16)
		ix.newest[kind].Store(uint32(day))
	}
	return firstError(l.err, it.Close())
}
