package smpp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// While a handler waits behind ReadOn, the frames behind its own are handled, whole and in order, and what
// was answered before leaves. The handler keeps its frame. Run waits for it.
func TestReadOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s running
		var got []uint32
		wait, kept := make(chan struct{}), make(chan string, 10)
		s = start(t, BoundTRX, Options{}, fakeHandler{request: func(f Frame) error {
			got = append(got, f.Seq())
			if string(f.Body()) == "wait" {
				want := string(f)
				s.ReadOn()
				<-wait
				if string(f) != want {
					t.Errorf("the frame has become % x", []byte(f))
				}
				kept <- string(f.Body())
			}
			return nil
		}})
		long := strings.Repeat("x", 3*readBuffer)
		s.peer.send(request(pdu.EnquireLinkID, 1), newFrame(pdu.SubmitSMID, 0, 2, "wait"), submit(3),
			newFrame(pdu.SubmitSMID, 0, 4, long), request(pdu.EnquireLinkID, 5), newFrame(pdu.SubmitSMID, 0, 6, "wait"), submit(7)[:20])
		s.peer.want(pdu.EnquireLinkRespID, 0, 1)
		s.peer.want(pdu.EnquireLinkRespID, 0, 5)
		s.peer.send(submit(7)[20:], request(pdu.EnquireLinkID, 8))
		s.peer.want(pdu.EnquireLinkRespID, 0, 8)
		if want := []uint32{2, 3, 4, 6, 7}; !slices.Equal(got, want) {
			t.Errorf("got requests %d, want %d", got, want)
		}
		_ = s.peer.conn.Close()
		synctest.Wait()
		select {
		case err := <-s.ended:
			t.Fatalf("Run ended with %v before the handlers returned", err)
		default:
		}
		close(wait)
		s.wantReason(io.EOF)
		if len(kept) != 2 {
			t.Errorf("%d handlers returned, want 2", len(kept))
		}
	})
}

// A handler that another goroutine reads on for ends the session by its error, or its panic.
func TestReadOnFails(t *testing.T) {
	wrong := errors.New("wrong")
	for _, panics := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var s running
			s = start(t, BoundTRX, Options{}, fakeHandler{request: func(Frame) error {
				s.ReadOn()
				<-time.After(time.Second)
				if panics {
					panic("planted")
				}
				return wrong
			}})
			s.peer.send(submit(1), request(pdu.EnquireLinkID, 2))
			s.peer.want(pdu.EnquireLinkRespID, 0, 2)
			s.peer.wantEnd()
			var p *PanicError
			if err := s.wantEnded(); errors.As(err, &p) != panics || !panics && !errors.Is(err, wrong) {
				t.Errorf("panics %v: got %v", panics, err)
			}
		})
	}
}

// What a Reader has not returned is returned by its rest, wherever the stream was cut.
func TestReaderRest(t *testing.T) {
	var stream []byte
	for n := range 30 {
		stream = append(stream, newFrame(pdu.SubmitSMID, 0, uint32(n), strings.Repeat("x", n*n*n))...)
	}
	for _, chunk := range []int{1, 7, 100, 5000, len(stream)} {
		r := NewReader(pieces{bytes.NewReader(stream), chunk})
		var got []byte
		for {
			f, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			before := fmt.Sprintf("%x", []byte(f))
			r = r.rest()
			r.Buffered()
			if got = append(got, f...); fmt.Sprintf("%x", []byte(f)) != before {
				t.Fatalf("in pieces of %d: a frame has changed", chunk)
			}
		}
		if !bytes.Equal(got, stream) {
			t.Errorf("in pieces of %d: got %d octets, want %d as they were", chunk, len(got), len(stream))
		}
	}
}

// pieces reads so many octets at a time.
type pieces struct {
	io.Reader
	most int
}

func (c pieces) Read(b []byte) (int, error) { return c.Reader.Read(b[:min(len(b), c.most)]) }
