package smpp

import (
	"encoding/binary"
	"io"
)

// Reader divides a stream into frames.
type Reader struct {
	src        io.Reader
	lazy       lazySource // src, if it is one
	buf        []byte
	start, end int // buf[start:end] has been read and not yet returned
}

// lazySource is a source that needs a buffer only when it has something to read.
type lazySource interface {
	io.Reader
	// readLazy is Read into *buf, which it may replace while it waits.
	readLazy(buf *[]byte) (int, error)
}

// readBuffer is enough for what one read(2) from a busy peer returns. An idle session has such a buffer
// unless its source is lazy.
const readBuffer = 8 << 10

// NewReader returns a Reader of src.
func NewReader(src io.Reader) *Reader {
	lazy, _ := src.(lazySource)
	return &Reader{src: src, lazy: lazy}
}

// Next returns the next frame, which is valid until the next call. It reads only when no
// whole frame is buffered. Its buffer grows with the octets that arrive, not with the length
// that a peer claims. The error is a *FrameError when framing is lost, io.EOF between two
// frames, and io.ErrUnexpectedEOF within one.
func (r *Reader) Next() (Frame, error) {
	for {
		n, err := r.frameLen()
		if err != nil {
			return nil, err
		}
		if n > 0 && r.end-r.start >= n {
			f := Frame(r.buf[r.start : r.start+n : r.start+n])
			r.start += n
			return f, nil
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}

// Buffered reports whether Next would return without reading.
func (r *Reader) Buffered() bool {
	n, err := r.frameLen()
	return err != nil || n > 0 && r.end-r.start >= n
}

// frameLen returns the length of the frame at the start of the buffer, or zero if its header
// has not arrived. An impossible length is an error as soon as it has arrived, with the
// sequence_number if that has arrived, too.
func (r *Reader) frameLen() (int, error) {
	b := r.buf[r.start:r.end]
	if len(b) < 4 {
		return 0, nil
	}
	n := binary.BigEndian.Uint32(b)
	if n >= HeaderLen && n <= MaxFrameLen {
		return int(n), nil
	}
	err := &FrameError{Length: n, Status: StatusInvCmdLen}
	if len(b) >= HeaderLen {
		err.Seq = Frame(b[:HeaderLen]).Seq()
	}
	return 0, err
}

// fill reads once, after making room.
func (r *Reader) fill() error {
	if r.start == r.end {
		r.start, r.end = 0, 0
		if r.lazy != nil {
			return r.took(r.lazy.readLazy(&r.buf))
		}
	}
	r.makeRoom()
	return r.took(r.src.Read(r.buf[r.end:]))
}

func (r *Reader) took(n int, err error) error {
	r.end += n
	switch {
	case n > 0:
		return nil // the reader returns the error again after these octets
	case err == io.EOF && r.end > 0:
		return io.ErrUnexpectedEOF
	case err == nil:
		return io.ErrNoProgress
	}
	return err
}

// makeRoom is not inlined because its variables would stay on the stack of each idle session.
//
//go:noinline
func (r *Reader) makeRoom() {
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.start, r.end = 0, r.end-r.start
	}
	if r.end == len(r.buf) { // there is none, or it is full of a part of one frame
		longer := make([]byte, max(readBuffer, min(2*len(r.buf), MaxFrameLen)))
		copy(longer, r.buf)
		r.buf = longer
	}
}
