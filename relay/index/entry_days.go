package index

import (
	"slices"
	"sync/atomic"
)

// maxDays is how many days back a lookup goes at most.
const maxDays = 400

// entryDays knows on which days there are entries, so that a lookup asks for these alone. The clock may have
// been ahead when an entry was made, so it does not count. Only the applier notes days.
type entryDays struct {
	last atomic.Uint32            // 1 + the day that was noted last
	days atomic.Pointer[[]uint16] // newest first
}

// note notes that there is an entry on a day.
func (d *entryDays) note(day uint16) {
	if d.last.Load() == uint32(day)+1 {
		return
	}
	for {
		old := d.days.Load()
		var all []uint16
		if old != nil {
			all = *old
		}
		i, has := slices.BinarySearchFunc(all, day, func(a, b uint16) int { return int(b) - int(a) })
		if has {
			break
		}
		all = slices.Insert(slices.Clone(all), i, day)
		if d.days.CompareAndSwap(old, &all) {
			break
		}
	}
	d.last.Store(uint32(day) + 1)
}

// expire forgets the days before day.
func (d *entryDays) expire(day uint16) {
	d.last.Store(0)
	for {
		old := d.days.Load()
		if old == nil {
			return
		}
		kept := slices.DeleteFunc(slices.Clone(*old), func(d uint16) bool { return d < day })
		if d.days.CompareAndSwap(old, &kept) {
			return
		}
	}
}

// reset forgets all days.
func (d *entryDays) reset() {
	d.last.Store(0)
	d.days.Store(nil)
}

// all returns the days, newest first.
func (d *entryDays) all() []uint16 {
	if days := d.days.Load(); days != nil {
		return (*days)[:min(len(*days), maxDays)]
	}
	return nil
}
