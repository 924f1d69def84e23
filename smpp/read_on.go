package smpp

// turn is what one read goroutine reads. It is owned by that goroutine.
type turn struct {
	r        *Reader
	handedOn bool // another goroutine reads on
}

// ReadOn starts another read goroutine, because the caller is going to wait: the frames behind the
// caller's are handled meanwhile. The caller keeps its frame until it returns from Handler.Request, and is
// not the read goroutine any more. Only the read goroutine may call ReadOn, in Handler.Request. The handler
// bounds how many goroutines wait.
func (s *Session[R]) ReadOn() {
	t := s.turn
	t.handedOn = true
	s.turn = &turn{r: t.r.rest()}
	s.out.Flush() // the next frame may take long to come
	s.goOn(s.turn)
}

// rest returns a Reader of what r has not returned yet. r must not be used any more, and the frames that
// it has returned stay valid.
func (r *Reader) rest() *Reader {
	left := r.buf[r.start:r.end]
	next := NewReader(r.src)
	if len(left) > 0 {
		next.buf, next.end = make([]byte, max(readBuffer, len(left))), len(left)
		copy(next.buf, left)
	}
	return next
}
