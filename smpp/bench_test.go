package smpp

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// endless hands out the same octets for ever.
type endless struct {
	b  []byte
	at int
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c := copy(p[n:], e.b[e.at:])
		n, e.at = n+c, (e.at+c)%len(e.b)
	}
	return n, nil
}

var typical = newFrame(pdu.SubmitSMID, 0, 1, string(make([]byte, 100)))

// exchange passes one request on, and its answer back, without connections.
type exchange struct {
	requests, responses *Reader
	esme, smsc          *Session[any]
	t                   testing.TB
}

func newExchange(t testing.TB) *exchange {
	x := &exchange{
		requests: NewReader(&endless{b: typical}), responses: NewReader(&endless{b: submitResp(1)}),
		esme: NewSession[any](nil, Options{}), smsc: NewSession[any](nil, Options{SMSC: true, Window: 100}),
		t: t,
	}
	x.esme.SetState(BoundTRX)
	x.smsc.SetState(BoundTRX)
	return x
}

func (x *exchange) once() {
	for _, side := range []struct {
		r      *Reader
		s, far *Session[any]
	}{{x.requests, x.esme, x.smsc}, {x.responses, x.smsc, x.esme}} {
		f, err := side.r.Next()
		if err != nil {
			x.t.Fatal(err)
		}
		if err := side.s.handle(x.t.Context(), passOn{side.far}, f); err != nil {
			x.t.Fatal(err)
		}
		side.far.Flush()
		if batch, _, ok := side.far.out.next(); !ok || len(batch) != len(f) {
			x.t.Fatalf("batch: got %d octets, want %d", len(batch), len(f))
		}
	}
}

// The way of a message through two sessions and back allocates nothing.
func TestExchangeAllocates(t *testing.T) {
	x := newExchange(t)
	if got := testing.AllocsPerRun(1000, x.once); got != 0 {
		t.Errorf("allocations for a message and its answer: got %v, want 0", got)
	}
}

// A view of a message, and a changed copy in a buffer of the caller's, allocate
// nothing.
func TestMessageAllocates(t *testing.T) {
	f := newFrame(pdu.SubmitSMID, 0, 1, string(octets(t, shortHead+"05"+hello+vendorTLVs)))
	ud := []byte("\x04\x80\x02\x00\x01Hello")
	buf := make([]byte, 0, 512)
	if got := testing.AllocsPerRun(1000, func() {
		m, err := ParseMessage(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := m.AppendUserData(buf, ud, 0x40, 1); !ok {
			t.Fatal("no room")
		}
	}); got != 0 {
		t.Errorf("allocations: got %v, want 0", got)
	}
}

func BenchmarkReader(b *testing.B) {
	r := NewReader(&endless{b: typical})
	b.SetBytes(int64(len(typical)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExchange(b *testing.B) {
	x := newExchange(b)
	b.ReportAllocs()
	for b.Loop() {
		x.once()
	}
}

func BenchmarkMessage(b *testing.B) {
	f := newFrame(pdu.SubmitSMID, 0, 1, string(octets(b, shortHead+"05"+hello+vendorTLVs)))
	ud := []byte("\x04\x80\x02\x00\x01Hello")
	buf := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		m, err := ParseMessage(f)
		if err != nil {
			b.Fatal(err)
		}
		if _, ok := m.AppendUserData(buf, ud, 0x40, 1); !ok {
			b.Fatal("no room")
		}
	}
}

// BenchmarkHolds releases, in order, the oldest of many held answers.
func BenchmarkHolds(b *testing.B) {
	for _, bench := range []struct {
		name string
		held int
	}{{"16", 16}, {"1000", 1000}, {"10000", 10000}} {
		b.Run(bench.name, func(b *testing.B) {
			o := newOutput(Options{})
			ids := make([]uint64, 0, bench.held)
			for range bench.held {
				ids = append(ids, o.putHeld(1))
			}
			for i := 0; b.Loop(); i++ {
				at := i % bench.held
				o.release(ids[at])
				if _, _, ok := o.next(); !ok {
					b.Fatal("nothing may go")
				}
				ids[at] = o.putHeld(1)
			}
		})
	}
}

// BenchmarkSessionRelay passes messages through two sessions back to back, over
// loopback TCP on both sides, with a window of 100.
func BenchmarkSessionRelay(b *testing.B) {
	esmeNear, esmeFar := tcpPair(b)
	smscNear, smscFar := tcpPair(b)
	stop := relayBetween(esmeNear, smscNear, Options{Window: 100, Response: time.Minute})
	go answerAll(smscFar)
	const window = 100
	burst := bytes.Repeat(typical, window)
	for i := range window {
		Frame(burst[i*len(typical):]).SetSeq(uint32(i + 1))
	}
	r := NewReader(esmeFar)
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; left -= window {
		n := min(left, window)
		if _, err := esmeFar.Write(burst[:n*len(typical)]); err != nil {
			b.Fatal(err)
		}
		for range n {
			if _, err := r.Next(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	_, _ = esmeFar.Close(), smscFar.Close()
	stop()
}

// answerAll is an SMSC that answers every request, in batches.
func answerAll(conn io.ReadWriter) {
	r, out := NewReader(conn), []byte(nil)
	for {
		f, err := r.Next()
		if err != nil {
			return
		}
		out = AppendRefusal(out, f.ID(), StatusOK, f.Seq())
		if r.Buffered() {
			continue
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
		out = out[:0]
	}
}
