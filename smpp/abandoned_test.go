package smpp

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// What a session asks by itself is nobody's: of its requests those that were passed on
// are abandoned, in the order in which they were sent.
func TestAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opt := Options{SMSC: true, Timers: Timers{EnquireLink: time.Minute, Answer: time.Minute}}
		s := start(t, BoundTRX, opt, fakeHandler{})
		called := make(chan error, 1)
		go func() { called <- s.Call(t.Context(), request(pdu.QuerySMID, 0)) }()
		s.peer.want(pdu.QuerySMID, 0, OwnSeq)
		seqs := []uint32{9, 3, 7, 1, 8}
		for _, seq := range seqs {
			<-time.After(time.Second)
			s.try(seq, nil)
			s.Flush()
			s.peer.want(pdu.SubmitSMID, 0, seq)
		}
		s.peer.want(pdu.EnquireLinkID, 0, OwnSeq+1)
		s.Close(ErrUnbound)
		s.wantReason(ErrUnbound)
		if err := <-called; err != ErrClosed {
			t.Errorf("Call: got %v, want %v", err, ErrClosed)
		}
		left := s.Abandoned()
		if len(left) != len(seqs) {
			t.Fatalf("got %v, want numbers %d", left, seqs)
		}
		for i, p := range left {
			if p.Seq != seqs[i] || p.ID != pdu.SubmitSMID || p.Ref != seqs[i] {
				t.Errorf("request %d: got %+v, want number %d", i, p, seqs[i])
			}
		}
		if again := s.Abandoned(); again != nil {
			t.Errorf("a second time: got %v, want none", again)
		}
	})
}

// Many requests are abandoned in the order in which they were sent, whatever their numbers.
func TestAbandonedInOrder(t *testing.T) {
	s := NewSession[any](nil, Options{})
	begin := time.Unix(1e9, 0)
	const n = 200
	for i := range uint32(n) {
		s.pending.add(Pending[any]{ID: pdu.SubmitSMID, Seq: i * 7919 % n, At: begin.Add(time.Duration(i) * time.Second)})
	}
	left := s.Abandoned()
	if len(left) != n {
		t.Fatalf("got %d, want %d", len(left), n)
	}
	for i, p := range left {
		if want := uint32(i) * 7919 % n; p.Seq != want {
			t.Fatalf("request %d: got number %d, want %d", i, p.Seq, want)
		}
	}
}
