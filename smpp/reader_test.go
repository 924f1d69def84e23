package smpp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/seed"
)

// chunks hands out b in pieces of the sizes given, over and over, and then EOF.
type chunks struct {
	b     []byte
	sizes []byte
	n     int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return 0, io.EOF
	}
	size := len(c.b)
	if len(c.sizes) > 0 {
		size = int(c.sizes[c.n%len(c.sizes)]) + 1
		c.n++
	}
	n := copy(p[:min(size, len(p))], c.b)
	c.b = c.b[n:]
	return n, nil
}

// readAll collects copies of the frames of src and the error at its end.
func readAll(src io.Reader) (fs []Frame, err error) {
	r := NewReader(src)
	for {
		f, err := r.Next()
		if err != nil {
			return fs, err
		}
		fs = append(fs, bytes.Clone(f))
	}
}

// cut is what a Reader must make of a whole stream, written down as plainly as
// can be.
func cut(b []byte) (fs []Frame, err error) {
	for {
		if len(b) == 0 {
			return fs, io.EOF
		}
		if len(b) < 4 {
			return fs, io.ErrUnexpectedEOF
		}
		n := int64(binary.BigEndian.Uint32(b))
		if n < 16 || n > 65*1024 {
			return fs, &FrameError{Length: uint32(n)}
		}
		if int64(len(b)) < n {
			return fs, io.ErrUnexpectedEOF
		}
		fs, b = append(fs, b[:n:n]), b[n:]
	}
}

// checkFrames compares what a Reader made of a stream with what it must.
func checkFrames(t *testing.T, got []Frame, gotErr error, want []Frame, wantErr error) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("frames: got %d (%v), want %d (%v)", len(got), gotErr, len(want), wantErr)
	}
	for i := range got {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("frame %d: got % x, want % x", i, got[i], want[i])
		}
	}
	var bad, wantBad *FrameError
	switch errors.As(gotErr, &bad); {
	case errors.As(wantErr, &wantBad):
		if bad == nil || bad.Length != wantBad.Length || bad.Status != StatusInvCmdLen {
			t.Fatalf("error: got %v, want %v", gotErr, wantErr)
		}
	case gotErr != wantErr:
		t.Fatalf("error: got %v, want %v", gotErr, wantErr)
	}
}

func TestReaderLengths(t *testing.T) {
	tests := []struct {
		name   string
		length uint32
		ok     bool
	}{
		{"zero", 0, false},
		{"one less than a header", 15, false},
		{"a header", 16, true},
		{"the longest", 65 * 1024, true},
		{"one more", 65*1024 + 1, false},
		{"all ones", 0xFFFFFFFF, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFrame(pdu.SubmitSMID, 0, 9, "")
			binary.BigEndian.PutUint32(f, tt.length)
			if tt.ok {
				f = append(f, make([]byte, int(tt.length)-HeaderLen)...)
			}
			want, wantErr := []Frame{f}, io.EOF
			if !tt.ok {
				want, wantErr = nil, &FrameError{Length: tt.length}
			}
			got, err := readAll(bytes.NewReader(f))
			checkFrames(t, got, err, want, wantErr)
			if bad := new(FrameError); errors.As(err, &bad) && bad.Seq != 9 {
				t.Errorf("seq: got %d, want 9", bad.Seq)
			}
			got, err = readAll(iotest.OneByteReader(bytes.NewReader(f)))
			checkFrames(t, got, err, want, wantErr)
		})
	}
}

// A length that cannot be is told before the rest of the header is there: the
// peer may never send it.
func TestReaderBadLengthAtOnce(t *testing.T) {
	pr, pw := io.Pipe()
	defer func() { _ = pw.Close() }()
	go func() { _, _ = pw.Write([]byte{0, 0, 0, 15}) }()
	_, err := NewReader(pr).Next()
	if bad := new(FrameError); !errors.As(err, &bad) || bad.Length != 15 || bad.Seq != 0 {
		t.Fatalf("got %v, want a FrameError of length 15 and seq 0", err)
	}
}

func TestReaderEnds(t *testing.T) {
	f := newFrame(pdu.SubmitSMID, 0, 9, "body")
	for i := range len(f) {
		want := io.ErrUnexpectedEOF
		if i == 0 {
			want = io.EOF
		}
		got, err := readAll(bytes.NewReader(append(bytes.Clone(f), f[:i]...)))
		checkFrames(t, got, err, []Frame{f}, want)
	}
	broken := errors.New("broken")
	if _, err := readAll(io.MultiReader(bytes.NewReader(f[:5]), iotest.ErrReader(broken))); err != broken {
		t.Errorf("error of the source: got %v, want %v", err, broken)
	}
	if _, err := readAll(iotest.DataErrReader(bytes.NewReader(f))); err != io.EOF {
		t.Errorf("EOF together with octets: got %v, want %v", err, io.EOF)
	}
}

// What a peer claims costs nothing; what it sends, no more than one frame does.
func TestReaderMemory(t *testing.T) {
	head := newFrame(pdu.SubmitSMID, 0, 1, "")
	binary.BigEndian.PutUint32(head, MaxFrameLen)
	pr, pw := io.Pipe()
	r := NewReader(pr)
	go func() {
		_, _ = pw.Write(head)
		_ = pw.Close()
	}()
	if _, err := r.Next(); err != io.ErrUnexpectedEOF {
		t.Fatalf("got %v, want %v", err, io.ErrUnexpectedEOF)
	}
	if got, want := cap(r.buf), readBuffer; got != want {
		t.Errorf("buffer after a claim of %d octets: got %d, want %d", MaxFrameLen, got, want)
	}

	whole := append(head, make([]byte, MaxFrameLen-HeaderLen)...)
	r = NewReader(bytes.NewReader(bytes.Repeat(whole, 20)))
	for range 20 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := cap(r.buf), MaxFrameLen; got > want {
		t.Errorf("buffer after long frames: got %d, want at most %d", got, want)
	}
}

// A frame is valid until the next call, and Buffered reports whether that reads.
func TestReaderBuffered(t *testing.T) {
	a, b := newFrame(pdu.SubmitSMID, 0, 1, "one"), newFrame(pdu.DataSMID, 0, 2, "second")
	reads := 0
	src := &chunks{b: append(append(bytes.Clone(a), b...), b[:7]...)}
	r := NewReader(readerFunc(func(p []byte) (int, error) { reads++; return src.Read(p) }))
	for i, want := range []struct {
		f        Frame
		buffered bool
	}{{a, true}, {b, false}} {
		got, err := r.Next()
		if err != nil || !bytes.Equal(got, want.f) || r.Buffered() != want.buffered || reads != 1 {
			t.Fatalf("frame %d: got % x (%v), buffered %v after %d reads; want % x, %v after 1",
				i, got, err, r.Buffered(), reads, want.f, want.buffered)
		}
		if cap(got) != len(got) {
			t.Errorf("frame %d: appending to it would overwrite the next", i)
		}
	}
	bad := NewReader(bytes.NewReader(append(bytes.Clone(a), 0, 0, 0, 0)))
	if _, err := bad.Next(); err != nil || !bad.Buffered() {
		t.Errorf("before a bad length: got %v, buffered %v; want none, true", err, bad.Buffered())
	}
}

// Buffered does not count a frame whose last octet is missing.
func TestReaderBufferedWhole(t *testing.T) {
	a, b := submit(1), submit(2)
	for missing := range len(b) {
		r := NewReader(bytes.NewReader(append(bytes.Clone(a), b[:len(b)-missing]...)))
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		if got, want := r.Buffered(), missing == 0; got != want {
			t.Errorf("%d octets missing: got %v, want %v", missing, got, want)
		}
	}
}

// The number of a bad header is its own, not that of a frame before it.
func TestReaderBadLengthBehindAFrame(t *testing.T) {
	r := NewReader(&chunks{b: append(submit(9), 0, 0, 0, 15), sizes: []byte{byte(len(submit(9)) - 1)}})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	_, err := r.Next()
	if bad := new(FrameError); !errors.As(err, &bad) || bad.Length != 15 || bad.Seq != 0 {
		t.Errorf("got %v, number %d; want length 15, number 0", err, bad.Seq)
	}
}

// A long frame is read in few pieces: the buffer doubles.
func TestReaderGrows(t *testing.T) {
	f := newFrame(pdu.SubmitSMID, 0, 1, string(make([]byte, MaxFrameLen-HeaderLen)))
	reads, src := 0, bytes.NewReader(f)
	r := NewReader(readerFunc(func(p []byte) (int, error) { reads++; return src.Read(p) }))
	if got, err := r.Next(); err != nil || !bytes.Equal(got, f) {
		t.Fatalf("got %d octets, %v", len(got), err)
	}
	if reads != 5 { // 8, 16, 32, 64 and 65 KiB
		t.Errorf("got %d reads, want 5", reads)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestReaderChunks(t *testing.T) {
	rnd := seed.Rand(t)
	for range 200 {
		var stream []byte
		for range 1 + rnd.IntN(30) {
			body := make([]byte, rnd.IntN(1+rnd.IntN(3000)))
			for i := range body {
				body[i] = byte(rnd.Uint32())
			}
			stream = append(stream, newFrame(pdu.ID(rnd.Uint32()), 0, rnd.Uint32(), string(body))...)
		}
		stream = stream[:len(stream)-rnd.IntN(min(20, len(stream)))]
		sizes := make([]byte, 1+rnd.IntN(20))
		for i := range sizes {
			sizes[i] = byte(rnd.IntN(1 + rnd.IntN(256)))
		}
		want, wantErr := cut(stream)
		got, err := readAll(&chunks{b: stream, sizes: sizes})
		checkFrames(t, got, err, want, wantErr)
	}
}

// FuzzReader holds that a stream is cut as cut does it, however it arrives, and
// that the buffer stays within what has arrived.
func FuzzReader(f *testing.F) {
	a := newFrame(pdu.SubmitSMID, 0, 1, "body")
	f.Add([]byte(a), []byte{})
	f.Add(append(bytes.Clone(a), a...), []byte{0, 3, 200})
	f.Add(append(bytes.Clone(a), 0, 0, 0, 3), []byte{0})
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0xFF}, []byte{1})
	f.Add([]byte(newFrame(5, 0, 2, string(make([]byte, 9000)))[:8999]), []byte{255})
	f.Fuzz(func(t *testing.T, stream, sizes []byte) {
		want, wantErr := cut(stream)
		r := NewReader(&chunks{b: stream, sizes: sizes})
		var got []Frame
		next, err := r.Next()
		for ; err == nil; next, err = r.Next() {
			got = append(got, bytes.Clone(next))
		}
		checkFrames(t, got, err, want, wantErr)
		if most := max(readBuffer, 2*len(stream)); cap(r.buf) > most {
			t.Fatalf("buffer of %d octets for a stream of %d", cap(r.buf), len(stream))
		}
	})
}
