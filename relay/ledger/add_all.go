package ledger

import "readback/relay/journal"

// addAll queues n records of a kind that nobody waits for, and wakes the appender once. appendTo appends the
// record with an index. It is called with the queue locked, for a few hundred at a time.
func (q *queue) addAll(k journal.Kind, n int, appendTo func(i int, dst []byte) []byte) {
	const together = 256
	for from := 0; from < n; from += together {
		q.mu.Lock()
		for i := from; i < min(n, from+together); i++ {
			if b := q.room(k); b != nil {
				b.buf = appendTo(i, b.buf)
				q.octets += len(b.buf)
			}
		}
		q.mu.Unlock()
	}
	if n > 0 {
		q.signal()
	}
}
