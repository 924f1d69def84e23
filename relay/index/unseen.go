package index

import "readback/relay/journal"

// unseen is what a replay could not read of the log, and what later records say of it. A damaged index may
// have rows of it in its outboxes.
type unseen struct {
	spans    [][2]uint64 // serials of batches, both inclusive
	done     map[[2]uint64]bool
	eventsTo [2]uint64 // the last event that is in its stream
}

func (u *unseen) add(from, to uint64) { u.spans = append(u.spans, [2]uint64{from, to}) }

func (u *unseen) has(serial uint64) bool {
	for _, s := range u.spans {
		if serial >= s[0] && serial <= s[1] {
			return true
		}
	}
	return false
}

// fed notes that a feedback is in its queue.
func (u *unseen) fed(rec *journal.Record) {
	if len(u.spans) == 0 || !u.has(rec.Seq) {
		return
	}
	if u.done == nil {
		u.done = make(map[[2]uint64]bool)
	}
	u.done[[2]uint64{rec.Seq, rec.Index}] = true
}

// published notes up to which one the events are in their stream.
func (u *unseen) published(rec *journal.Record) { u.eventsTo = [2]uint64{rec.Seq, rec.Index} }

// waits reports whether the row of a batch that could not be read still has to be published.
func (u *unseen) waits(outbox byte, serial, index uint64) bool {
	if !u.has(serial) {
		return false
	}
	if outbox == EventOutbox {
		return serial > u.eventsTo[0] || serial == u.eventsTo[0] && index > u.eventsTo[1]
	}
	return !u.done[[2]uint64{serial, index}]
}
