package smpp

import (
	"slices"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/seed"
)

func TestPendingKeepsNumbers(t *testing.T) {
	ps := newPendings[any](0)
	for _, seq := range []uint32{1, 2, 7, 0, OwnSeq - 1, MaxSeq, 0xFFFFFFFF} {
		if got := ps.add(Pending[any]{Seq: seq, Ref: seq}); got != seq {
			t.Errorf("add %#x: got %#x, want the same", seq, got)
		}
		p, ok := take(&ps, seq)
		if !ok || p.Seq != seq || p.Ref != seq {
			t.Errorf("take %#x: got %+v, %v", seq, p, ok)
		}
		if _, ok := take(&ps, seq); ok {
			t.Errorf("take %#x twice: got a request, want none", seq)
		}
	}
}

func TestPendingCollisions(t *testing.T) {
	ps := newPendings[any](0)
	if got := ps.add(Pending[any]{Seq: 5, Ref: "first"}); got != 5 {
		t.Fatalf("first 5: got %#x, want 5", got)
	}
	if got := ps.add(Pending[any]{Seq: 5, Ref: "second"}); got != OwnSeq {
		t.Fatalf("second 5: got %#x, want %#x", got, OwnSeq)
	}
	if got := ps.add(Pending[any]{Seq: OwnSeq + 1, Ref: "stranger"}); got != OwnSeq+1 {
		t.Fatalf("stranger in our range: got %#x, want %#x", got, OwnSeq+1)
	}
	if got := ps.addOwn(Pending[any]{Seq: 99, Ref: "own"}); got != OwnSeq+2 {
		t.Fatalf("our own beside a stranger: got %#x, want %#x", got, OwnSeq+2)
	}
	for _, tt := range []struct {
		carried uint32
		want    Pending[any]
	}{
		{5, Pending[any]{Seq: 5, Ref: "first"}},
		{OwnSeq, Pending[any]{Seq: 5, Ref: "second"}},
		{OwnSeq + 1, Pending[any]{Seq: OwnSeq + 1, Ref: "stranger"}},
		{OwnSeq + 2, Pending[any]{Seq: OwnSeq + 2, Ref: "own"}},
	} {
		if got, ok := take(&ps, tt.carried); !ok || got.Seq != tt.want.Seq || got.Ref != tt.want.Ref {
			t.Errorf("take %#x: got %+v, want %+v", tt.carried, got, tt.want)
		}
	}
}

func TestPendingOwnRange(t *testing.T) {
	ps := newPendings[any](0)
	ps.own = MaxSeq - 1
	for _, want := range []uint32{MaxSeq, OwnSeq} {
		if got := ps.addOwn(Pending[any]{}); got != want {
			t.Errorf("got %#x, want %#x", got, want)
		}
	}
	if got := ps.add(Pending[any]{Seq: OwnSeq + 2}); got != OwnSeq+2 {
		t.Errorf("ahead of ours: got %#x, want %#x", got, OwnSeq+2)
	}
	for _, want := range []uint32{OwnSeq + 1, OwnSeq + 3} {
		if got := ps.addOwn(Pending[any]{}); got != want {
			t.Errorf("got %#x, want %#x", got, want)
		}
	}
}

// A number of ours is given once, also when its request has been answered, and when somebody asks for
// it. What lies ahead of ours stays with the one who asks.
func TestPendingOwnGoUp(t *testing.T) {
	ps := newPendings[any](0)
	for i, tt := range []struct{ asked, want uint32 }{
		{OwnSeq, OwnSeq},
		{OwnSeq, OwnSeq + 1},
		{0, OwnSeq + 2},
		{OwnSeq, OwnSeq + 3},
		{OwnSeq + 2, OwnSeq + 4},
		{OwnSeq + 7, OwnSeq + 7},
		{OwnSeq + 7, OwnSeq + 7},
		{0, OwnSeq + 5},
		{OwnSeq + 6, OwnSeq + 6},
		{0, OwnSeq + 7},
		{MaxSeq, MaxSeq},
		{MaxSeq + 1, MaxSeq + 1},
		{0xFFFFFFFF, 0xFFFFFFFF},
		{7, 7},
		{0, OwnSeq + 8},
	} {
		add := ps.add
		if tt.asked == 0 {
			add = ps.addOwn
		}
		got := add(Pending[any]{Seq: tt.asked})
		if got != tt.want {
			t.Fatalf("request %d with %#x: got %#x, want %#x", i, tt.asked, got, tt.want)
		}
		take(&ps, got)
	}
	ps.own = MaxSeq
	if got := ps.add(Pending[any]{Seq: MaxSeq + 1}); got != MaxSeq+1 || ps.own != MaxSeq {
		t.Errorf("above ours: got %#x and %#x, want %#x and %#x", got, ps.own, uint32(MaxSeq+1), MaxSeq)
	}
}

func TestPendingIsOwn(t *testing.T) {
	ps := newPendings[any](0)
	ps.addOwn(Pending[any]{})
	ps.addOwn(Pending[any]{})
	for seq, want := range map[uint32]bool{
		0: false, OwnSeq - 1: false, OwnSeq: true, OwnSeq + 1: true, OwnSeq + 2: false, MaxSeq: false, MaxSeq + 1: false, 0xFFFFFFFF: false,
	} {
		if got := ps.isOwn(seq); got != want {
			t.Errorf("%#x: got %v, want %v", seq, got, want)
		}
	}
}

// Our own numbers go round at MaxSeq. They pass over those of requests under way and of
// requests given up on, whose answers may still come.
func TestPendingOwnSkips(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before func(ps *pendings[any])
		own    uint32 // the last number of ours
		want   []uint32
	}{
		{"at first", func(*pendings[any]) {}, OwnSeq - 1, []uint32{OwnSeq, OwnSeq + 1}},
		{"at the end", func(*pendings[any]) {}, MaxSeq - 1, []uint32{MaxSeq, OwnSeq}},
		{"under way", func(ps *pendings[any]) { ps.add(Pending[any]{Seq: OwnSeq}) }, MaxSeq, []uint32{OwnSeq + 1}},
		{"the last under way", func(ps *pendings[any]) { ps.add(Pending[any]{Seq: MaxSeq}) }, MaxSeq - 1, []uint32{OwnSeq}},
		{"given up on", func(ps *pendings[any]) {
			ps.addOwn(Pending[any]{})
			ps.addOwn(Pending[any]{})
			ps.expire(time.Unix(0, 0))
		}, MaxSeq, []uint32{OwnSeq + 2, OwnSeq + 3}},
		{"given up on and answered late", func(ps *pendings[any]) {
			ps.addOwn(Pending[any]{})
			ps.expire(time.Unix(0, 0))
			ps.take(request(pdu.GenericNACKID, OwnSeq))
		}, MaxSeq, []uint32{OwnSeq + 1}},
		{"given up on beside one under way", func(ps *pendings[any]) {
			ps.addOwn(Pending[any]{})
			ps.expire(time.Unix(0, 0))
			ps.add(Pending[any]{Seq: OwnSeq + 1})
		}, MaxSeq, []uint32{OwnSeq + 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ps := newPendings[any](0)
			tt.before(&ps)
			ps.own = tt.own
			for i, want := range tt.want {
				if got := ps.addOwn(Pending[any]{}); got != want {
					t.Errorf("number %d: got %#x, want %#x", i, got, want)
				}
			}
		})
	}
}

// An answer under a number that the SMSC made up is that of the bind under way, if it is
// the answer to a bind, and of nothing else.
func TestPendingTakeBind(t *testing.T) {
	for _, tt := range []struct {
		name string
		id   pdu.ID // of what is under way
		resp pdu.ID
		want bool
	}{
		{"transceiver", pdu.BindTransceiverID, pdu.BindTransceiverRespID, true},
		{"receiver", pdu.BindReceiverID, pdu.BindReceiverRespID, true},
		{"transmitter", pdu.BindTransmitterID, pdu.BindTransmitterRespID, true},
		{"another kind of bind", pdu.BindReceiverID, pdu.BindTransmitterRespID, true},
		{"no bind", pdu.SubmitSMID, pdu.SubmitSMRespID, false},
		{"another answer", pdu.BindTransceiverID, pdu.SubmitSMRespID, false},
		{"generic_nack", pdu.BindTransceiverID, pdu.GenericNACKID, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ps := newPendings[any](0)
			ps.add(Pending[any]{ID: pdu.EnquireLinkID, Seq: 1})
			ps.add(Pending[any]{ID: tt.id, Seq: 2, Ref: "it"})
			p, ok := ps.takeBind(request(tt.resp, 77))
			if ok != tt.want {
				t.Fatalf("got %+v, %v; want %v", p, ok, tt.want)
			}
			if !ok {
				if ps.open.len() != 2 || p.ID != 0 {
					t.Errorf("got %+v, %d under way, want none and both", p, ps.open.len())
				}
				return
			}
			if p.ID != tt.id || p.Seq != 77 || p.Ref != "it" {
				t.Errorf("got %+v, want the bind under number 77", p)
			}
			if _, ok := ps.takeBind(request(tt.resp, 77)); ok || ps.open.len() != 1 {
				t.Errorf("a second time: got it again, or %d under way, want 1", ps.open.len())
			}
		})
	}
}

func TestPendingExpire(t *testing.T) {
	start := time.Unix(1e9, 0)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	ps := newPendings[any](0)
	for seq := range uint32(10) {
		ps.add(Pending[any]{Seq: seq, At: at(int(seq))})
	}
	expired, oldest := ps.expire(at(3))
	var got []uint32
	for _, p := range expired {
		got = append(got, p.Seq)
	}
	slices.Sort(got)
	if want := []uint32{0, 1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("expired: got %d, want %d", got, want)
	}
	if !oldest.Equal(at(4)) {
		t.Errorf("oldest of the others: got %v, want %v", oldest, at(4))
	}
	if got := ps.add(Pending[any]{Seq: 2}); got != OwnSeq {
		t.Errorf("the number of a request given up on: got %#x, want %#x", got, OwnSeq)
	}
	none := newPendings[any](0)
	if expired, oldest := none.expire(at(99)); expired != nil || !oldest.IsZero() {
		t.Errorf("nothing pending: got %v, %v; want nothing", expired, oldest)
	}
}

// take takes the request that a generic_nack answers.
func take(ps *pendings[any], seq uint32) (Pending[any], bool) {
	p, m := ps.take(request(pdu.GenericNACKID, seq))
	return p, m == matchesOpen
}

// No two requests under way ever share a number, and each answer finds its own
// request, whatever numbers an ESME uses.
func TestPendingNumbersAreUnique(t *testing.T) {
	rnd := seed.Rand(t)
	ps := newPendings[any](0)
	model := map[uint32]int{}
	for i := range 20000 {
		switch seq := OwnSeq - 4 + rnd.Uint32N(12); rnd.IntN(4) {
		case 0, 1:
			var got uint32
			if rnd.IntN(3) == 0 {
				got = ps.addOwn(Pending[any]{Ref: i})
			} else {
				got = ps.add(Pending[any]{Seq: seq, Ref: i})
			}
			if _, used := model[got]; used {
				t.Fatalf("step %d: %#x was given twice", i, got)
			}
			model[got] = i
		case 2:
			p, ok := take(&ps, seq)
			if want, used := model[seq]; ok != used || ok && p.Ref != want {
				t.Fatalf("step %d: take %#x: got %v, %v; want %v, %v", i, seq, p.Ref, ok, want, used)
			}
			delete(model, seq)
		case 3:
			if len(model) > 100 {
				ps.expire(time.Time{})
				clear(model)
			}
			ps.take(request(pdu.SubmitSMRespID, seq))
		}
	}
}
