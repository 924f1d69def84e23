package relay

import "readback/relay/journal"

// record appends a record to the log, and does not wait. It reports whether there is room.
func (l *Ledger) record(k journal.Kind, appendTo func(dst []byte) []byte) bool {
	b := l.queue.begin(k)
	if b == nil {
		return false
	}
	b.buf = appendTo(b.buf)
	l.queue.end(b)
	return true
}
