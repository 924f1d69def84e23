package ledger

import "readback/relay/index"

// waiting returns all waiters, and forgets them: they will be told that their
// records are not in the log.
func (q *queue) waiting() waiters {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all waiters
	for _, b := range q.queued() {
		w := b.release()
		all.waits, all.results = append(all.waits, w.waits...), append(all.results, w.results...)
	}
	return all
}

// waiters are those who wait for records that will not be in the log soon.
type waiters struct {
	waits   []wait
	results []resultWaiter
}

// release returns the waiters of a batch, and forgets them.
func (b *batch) release() (w waiters) {
	w.waits = append(w.waits, b.waits...)
	clear(b.waits)
	b.waits = b.waits[:0]
	w.results = append(w.results, b.waiters...)
	clear(b.waiters)
	b.waiters = b.waiters[:0]
	return w
}

// tell calls all of them.
func (w waiters) tell() {
	for _, w := range w.waits {
		w.w.Logged(w.token)
	}
	for _, w := range w.results {
		w.tell(index.Down, nil)
	}
}
