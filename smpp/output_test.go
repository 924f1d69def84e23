package smpp

import (
	"bytes"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/seed"
)

// newOutput returns an output that nobody writes: the test takes the batches.
func newOutput(opt Options) *output {
	o := new(output)
	o.init(nil, opt)
	return o
}

// putNext puts a small frame numbered seq.
func (o *output) putNext(seq uint32) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.put(newFrame(pdu.SubmitSMRespID, 0, 0, "id\x00"), seq, time.Time{})
}

// putHeld puts a small frame numbered seq and holds it.
func (o *output) putHeld(seq uint32) uint64 {
	o.mu.Lock()
	id := o.hold()
	o.mu.Unlock()
	o.putNext(seq)
	return id
}

// leave returns the numbers of the frames that may go, and takes them.
func (o *output) leave(t *testing.T) []uint32 {
	t.Helper()
	o.Flush()
	o.mu.Lock()
	n := o.writable()
	o.mu.Unlock()
	if n == 0 {
		return nil // next would wait
	}
	batch, _, ok := o.next()
	if !ok || len(batch) != n {
		t.Fatalf("batch: got %d octets, %v; want %d", len(batch), ok, n)
	}
	return seqs(t, batch)
}

func seqs(t *testing.T, b []byte) (all []uint32) {
	t.Helper()
	fs, err := cut(b)
	if err != nil && len(b) > 0 && len(fs) == 0 {
		t.Fatalf("written octets are no frames: %v", err)
	}
	for _, f := range fs {
		all = append(all, f.Seq())
	}
	return all
}

func TestOutputHolds(t *testing.T) {
	o := newOutput(Options{})
	check := func(what string, want ...uint32) {
		t.Helper()
		got := o.leave(t)
		if len(got) != len(want) {
			t.Fatalf("%s: got %d, want %d", what, got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%s: got %d, want %d", what, got, want)
			}
		}
	}
	o.putNext(1)
	a := o.putHeld(2)
	o.putNext(3)
	b := o.putHeld(4)
	c := o.putHeld(5)
	o.putNext(6)
	check("before any release", 1)
	o.release(b)
	check("a later one released")
	o.release(a)
	check("the first released", 2, 3, 4)
	o.release(a)
	o.release(b)
	o.release(c + 7)
	check("released twice, and one that never was")
	o.putNext(7)
	o.release(c)
	check("all released", 5, 6, 7)
	o.putNext(8)
	check("after the holds", 8)
}

// What leaves is always what was put in, in order, up to the first frame held.
func TestOutputModel(t *testing.T) {
	rnd := seed.Rand(t)
	for round := range 50 {
		o := newOutput(Options{})
		type put struct {
			hold uint64
			held bool
		}
		var all []put     // by number, as they were put in
		var held []uint32 // numbers of those not released
		var out uint32    // how many left
		check := func() {
			want := out
			for ; want < uint32(len(all)) && !all[want].held; want++ {
			}
			got := o.leave(t)
			for i, seq := range got {
				if seq != out+uint32(i) {
					t.Fatalf("round %d: got %d after %d left, want them in order", round, got, out)
				}
			}
			if out += uint32(len(got)); out != want {
				t.Fatalf("round %d: %d frames left, want %d", round, out, want)
			}
		}
		for range 2000 {
			switch n := uint32(len(all)); rnd.IntN(7) {
			case 0, 1:
				o.putNext(n)
				all = append(all, put{})
			case 2, 3:
				all = append(all, put{o.putHeld(n), true})
				held = append(held, n)
			case 4, 5:
				if len(held) > 0 {
					i := rnd.IntN(min(len(held), 3))
					o.release(all[held[i]].hold)
					all[held[i]].held = false
					held = append(held[:i], held[i+1:]...)
				}
			case 6:
				check()
			}
		}
		for _, seq := range held {
			o.release(all[seq].hold)
			all[seq].held = false
		}
		check()
		if out != uint32(len(all)) || len(o.holds) != o.head {
			t.Fatalf("round %d: %d of %d left, %d holds remain", round, out, len(all), len(o.holds)-o.head)
		}
	}
}

// A batch that is being written is not overwritten by what is put out meanwhile.
func TestOutputBatchStays(t *testing.T) {
	o := newOutput(Options{})
	for round := range uint32(5) {
		for i := range uint32(100) {
			o.putNext(round<<8 | i)
		}
		held := o.putHeld(round<<8 | 100)
		o.Flush()
		batch, _, _ := o.next()
		before := bytes.Clone(batch)
		for range 1000 {
			o.putNext(0xFFFFFFFF)
		}
		if !bytes.Equal(batch, before) {
			t.Fatalf("round %d: the batch changed under the writer", round)
		}
		o.release(held)
		o.leave(t)
	}
}

func TestOutputEnd(t *testing.T) {
	tests := []struct {
		name string
		do   func(o *output)
		want []uint32
	}{
		{"finishes what is there", func(o *output) { o.putNext(1); o.end() }, []uint32{1}},
		{"waits for what is held", func(o *output) {
			id := o.putHeld(1)
			o.end()
			o.release(id)
		}, []uint32{1}},
		{"with nothing", func(o *output) { o.end() }, nil},
		{"at once", func(o *output) { o.putNext(1); o.end(); o.fail() }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOutput(Options{})
			tt.do(o)
			var got []uint32
			for {
				batch, _, ok := o.next()
				if !ok {
					break
				}
				got = append(got, seqs(t, batch)...)
			}
			if len(got) != len(tt.want) || len(got) > 0 && got[0] != tt.want[0] {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

// The sample is of one frame at a time, and is told when that frame is taken.
func TestOutputSample(t *testing.T) {
	o := newOutput(Options{Observe: func(time.Duration) {}})
	first, second := time.Unix(100, 0), time.Unix(200, 0)
	put := func(arrived time.Time, held bool) (id uint64) {
		o.mu.Lock()
		defer o.mu.Unlock()
		if held {
			id = o.hold()
		}
		o.put(newFrame(pdu.SubmitSMRespID, 0, 0, ""), 1, arrived)
		o.flush = true
		return id
	}
	put(time.Time{}, false)
	id := put(first, true)
	put(second, false)
	if _, got, _ := o.next(); !got.IsZero() {
		t.Errorf("before the sampled frame left: got %v, want none", got)
	}
	o.release(id)
	if _, got, _ := o.next(); !got.Equal(first) {
		t.Errorf("when it left: got %v, want %v", got, first)
	}
	put(second, false)
	if _, got, _ := o.next(); !got.Equal(second) {
		t.Errorf("the next one: got %v, want %v", got, second)
	}
}
