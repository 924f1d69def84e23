package index

import (
	"sync/atomic"

	"github.com/cockroachdb/pebble"
)

// While Replay reads the log, tables that are written are not merged until there are many, one above the other.
// Else each row would be merged several times before the last one comes, on the processors that are to read the
// log. Pebble merges them when Replay has ended. Until then a lookup asks each of them.

// heldTables is how many tables wait to be merged while Replay reads the log: those of some six million messages.
const heldTables = 96

// held is whether tables wait to be merged.
type held struct {
	most int // how many may wait; fewer in a test

	replaying atomic.Bool
	waiting   atomic.Bool // no compaction may begin
}

// compactions returns how many compactions may be at work. Pebble begins none if that is less than 0, and
// divides by it.
func (ix *Index) compactions() int {
	if ix.purge.paused.Load() || ix.held.waiting.Load() {
		return -1
	}
	return 1
}

// hold has tables wait to be merged, until the caller calls end. Then Pebble begins when it has written the next
// table.
func (h *held) hold() (end func()) {
	h.replaying.Store(true)
	h.waiting.Store(true)
	return func() {
		h.replaying.Store(false)
		h.waiting.Store(false)
	}
}

// look lets tables be merged if too many wait. It is called when staged rows are written.
func (h *held) look(db *pebble.DB) {
	if !h.replaying.Load() {
		return
	}
	h.waiting.Store(int(db.Metrics().Levels[0].Sublevels) < h.most)
	if !h.replaying.Load() { // it has ended meanwhile
		h.waiting.Store(false)
	}
}
