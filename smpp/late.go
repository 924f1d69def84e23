package smpp

// late holds requests that have expired, by the sequence_number with which they were sent, because
// their responses may still come. A request that was answered late stays, without its reference, so
// that a repeated response is not taken for that of a later request with the same number.
//
// It holds the newest requests, most of them at least and twice as many at most. When it has
// forgotten one, a response to that one matches nothing, and no later request may keep the number
// that its sender gave it: it could be the number of the forgotten one.
type late[R any] struct {
	most         int
	newer        map[uint32]Pending[R] // fewer than most
	older        map[uint32]Pending[R]
	hasForgotten bool
}

// minLate is how many expired requests a session holds at least. If its window is wider, it holds
// as many as that.
const minLate = 4096

func newLate[R any](window int) late[R] {
	return late[R]{most: max(minLate, window), newer: make(map[uint32]Pending[R])}
}

// has reports whether a request with this number has expired.
func (l *late[R]) has(seq uint32) bool {
	_, ok := l.newer[seq]
	if !ok {
		_, ok = l.older[seq]
	}
	return ok
}

// add adds a request that has expired.
func (l *late[R]) add(seq uint32, p Pending[R]) {
	if len(l.newer) >= l.most {
		l.hasForgotten = l.hasForgotten || len(l.older) > 0
		l.newer, l.older = make(map[uint32]Pending[R]), l.newer
	}
	l.newer[seq] = p
}

// take returns the request that f answers.
func (l *late[R]) take(f Frame) (p Pending[R], ok bool) {
	for _, held := range []map[uint32]Pending[R]{l.newer, l.older} {
		if p, ok = held[f.Seq()]; ok && p.answeredBy(f.ID()) {
			held[f.Seq()] = Pending[R]{ID: p.ID, Seq: p.Seq, At: p.At}
			return p, true
		}
	}
	return Pending[R]{}, false
}
