package smpp

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// What the state forbids is refused also behind a request that was allowed and came with it. The timers know
// of each kind of request.
func TestHeardTogether(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(1e9+int64(s), 0) }
	newBound := func() *Session[any] {
		s := NewSession[any](nil, Options{AnyRequest: true})
		s.SetState(BoundTX)
		s.in.at = at(1)
		for range 2 {
			if got := s.heard(submit(1)); got != StatusOK {
				t.Fatalf("submit_sm: got %#x, want ESME_ROK", got)
			}
		}
		return s
	}
	for id, want := range map[pdu.ID]pdu.Status{
		pdu.DeliverSMID: StatusOK, pdu.UnbindID: StatusOK, pdu.EnquireLinkID: StatusOK,
		pdu.BindReceiverID: StatusAlreadyBound, pdu.OutbindID: StatusInvBindState,
	} {
		s := newBound()
		if got := s.heard(request(id, 2)); got != want {
			t.Errorf("%s: got %#x, want %#x", Command(id), got, want)
		}
		if s.unbinds.owed != (id == pdu.UnbindID) {
			t.Errorf("%s: an answer to unbind is owed: %v", Command(id), s.unbinds.owed)
		}
	}
	s := newBound()
	s.setCause(ErrUnbound)
	if got := s.heard(submit(2)); got != StatusInvBindState {
		t.Errorf("after the end: got %#x, want %#x", got, StatusInvBindState)
	}
	s = newBound()
	s.in.at, s.in.noted = at(2), false
	_ = s.heard(request(pdu.EnquireLinkID, 2))
	if !s.timers.heard.Equal(at(2)) || !s.timers.active.Equal(at(1)) {
		t.Errorf("enquire_link: got heard at %v, active at %v", s.timers.heard, s.timers.active)
	}
	_ = s.heard(submit(3))
	if !s.timers.active.Equal(at(2)) {
		t.Errorf("submit_sm behind enquire_link: got active at %v, want %v", s.timers.active, at(2))
	}
}

// A response makes room at once, although the handler of a request that came with it waits.
func TestSendersWokenBeforeRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := make(chan error, 1)
		s := start(t, BoundTRX, Options{SMSC: true, Window: 1}, fakeHandler{request: func(Frame) error {
			return <-sent
		}})
		s.try(1, nil)
		s.Flush()
		s.peer.want(pdu.SubmitSMID, 0, 1)
		go func() { sent <- s.Send(submit(2), time.Now(), nil) }()
		synctest.Wait()
		s.peer.send(submitResp(1), request(pdu.DeliverSMID, 7))
		time.Sleep(time.Second)
		synctest.Wait()
		if got := s.Outstanding(); got != 1 || len(sent) != 0 {
			t.Errorf("got %d requests under way, %d senders done and not noticed, want 1 and 0", got, len(sent))
		}
		if s.Room() != 0 {
			t.Error("the sender still waits for room")
		}
	})
}
