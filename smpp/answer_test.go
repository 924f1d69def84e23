package smpp

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// unanswering is an answer that answers nothing under way.
type unanswering struct {
	id   pdu.ID
	seq  uint32
	late bool
}

// startCollecting runs a session that tells its unmatched answers.
func startCollecting(t *testing.T, state State, opt Options) (running, chan unanswering) {
	t.Helper()
	got := make(chan unanswering, 10)
	return start(t, state, opt, fakeHandler{
		late:      func(f Frame, _ Pending[any]) error { got <- unanswering{f.ID(), f.Seq(), true}; return nil },
		unmatched: func(f Frame, _ *Pending[any]) error { got <- unanswering{f.ID(), f.Seq(), false}; return nil },
	}), got
}

// An SMSC may answer a bind under a number of its own: there is at most one under way.
func TestAnswerToBindUnderAnotherNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, stray := startCollecting(t, Open, Options{SMSC: true})
		result := make(chan error, 1)
		go func() { result <- s.Call(t.Context(), request(pdu.BindReceiverID, 0)) }()
		s.peer.want(pdu.BindReceiverID, 0, OwnSeq)
		s.peer.send(request(pdu.UnbindRespID, 1), request(pdu.SubmitSMRespID, 2), request(pdu.BindReceiverRespID, 3))
		if err := <-result; err != nil {
			t.Errorf("Call: got %v, want none", err)
		}
		if got := s.State(); got != BoundRX || s.Outstanding() != 0 {
			t.Errorf("got state %#x and %d under way, want %#x and none", got, s.Outstanding(), BoundRX)
		}
		s.peer.send(request(pdu.BindReceiverRespID, 4)) // now there is none under way
		for _, want := range []unanswering{
			{pdu.UnbindRespID, 1, false}, {pdu.SubmitSMRespID, 2, false}, {pdu.BindReceiverRespID, 4, false},
		} {
			if got := <-stray; got != want {
				t.Errorf("unmatched: got %v, want %v", got, want)
			}
		}
	})
}

// A bind may be answered as another one: the session has the type that the response says.
func TestAnswerToBindOfAnotherType(t *testing.T) {
	for _, seq := range []uint32{OwnSeq, 7} {
		for granted, want := range map[pdu.ID]State{
			pdu.BindTransmitterRespID: BoundTX, pdu.BindReceiverRespID: BoundRX, pdu.BindTransceiverRespID: BoundTRX,
		} {
			synctest.Test(t, func(t *testing.T) {
				s, stray := startCollecting(t, Open, Options{SMSC: true})
				result := make(chan error, 1)
				go func() { result <- s.Call(t.Context(), request(pdu.BindTransceiverID, 0)) }()
				s.peer.want(pdu.BindTransceiverID, 0, OwnSeq)
				s.peer.send(request(granted, seq))
				if err := <-result; err != nil || s.State() != want || len(stray) > 0 {
					t.Errorf("%s: got %v and state %#x, want none and %#x", Command(granted), err, s.State(), want)
				}
			})
		}
	}
}

// A bind that is passed on comes back under the number that the SMSC used.
func TestAnswerToBindPassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answered := make(chan Pending[any], 1)
		s := start(t, Open, Options{SMSC: true}, fakeHandler{response: func(_ Frame, to Pending[any]) error { answered <- to; return nil }})
		if err := s.Send(request(pdu.BindTransceiverID, 7), time.Now(), "bind"); err != nil {
			t.Fatal(err)
		}
		s.Flush()
		s.peer.want(pdu.BindTransceiverID, 0, 7)
		s.peer.send(request(pdu.BindTransceiverRespID, 1))
		if got := <-answered; got.Ref != "bind" || got.Seq != 1 || got.ID != pdu.BindTransceiverID {
			t.Errorf("got %+v, want the bind under number 1", got)
		}
	})
}

// A late answer to one bind is not the answer to the next, nor is one in a session that is
// bound.
func TestAnswerToBindLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, stray := startCollecting(t, Open, Options{SMSC: true, Response: 10 * time.Second})
		result := make(chan error, 1)
		bind := func() { result <- s.Call(t.Context(), request(pdu.BindReceiverID, 0)) }
		go bind()
		s.peer.want(pdu.BindReceiverID, 0, OwnSeq)
		if err := <-result; err != ErrNoAnswer {
			t.Fatalf("first: got %v, want %v", err, ErrNoAnswer)
		}
		go bind()
		s.peer.want(pdu.BindReceiverID, 0, OwnSeq+1)
		s.peer.send(request(pdu.BindReceiverRespID, OwnSeq))
		if got, want := <-stray, (unanswering{pdu.BindReceiverRespID, OwnSeq, true}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		s.SetState(BoundTX)
		s.peer.send(request(pdu.BindReceiverRespID, 9))
		if got, want := <-stray, (unanswering{pdu.BindReceiverRespID, 9, false}); got != want {
			t.Errorf("in a session that is bound: got %v, want %v", got, want)
		}
		if err := <-result; err != ErrNoAnswer {
			t.Errorf("second: got %v, want %v", err, ErrNoAnswer)
		}
	})
}

// An unexpected response to enquire_link is passed to the handler; a late one is not.
func TestAnswerToEnquireLinkUnasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, stray := startCollecting(t, BoundTRX, Options{Response: time.Second, Timers: Timers{EnquireLink: time.Minute}})
		s.peer.want(pdu.EnquireLinkID, 0, OwnSeq)
		<-time.After(2 * time.Second)
		s.peer.send(request(pdu.EnquireLinkRespID, OwnSeq), request(pdu.EnquireLinkRespID, 7))
		if got, want := <-stray, (unanswering{pdu.EnquireLinkRespID, 7, false}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		synctest.Wait()
		if len(stray) > 0 {
			t.Errorf("got %v as well, want no more", <-stray)
		}
	})
}

// The answer to a request that is no bind leaves the state as it is.
func TestAnswerLeavesTheState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := startCollecting(t, BoundTRX, Options{SMSC: true})
		result := make(chan error, 1)
		go func() { result <- s.Call(t.Context(), request(pdu.QuerySMID, 0)) }()
		s.peer.want(pdu.QuerySMID, 0, OwnSeq)
		s.peer.send(request(pdu.QuerySMRespID, OwnSeq))
		if err := <-result; err != nil || s.State() != BoundTRX {
			t.Errorf("got %v in state %#x, want none in %#x", err, s.State(), BoundTRX)
		}
	})
}
