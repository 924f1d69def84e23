package smpp

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

func TestSessionAnswersEnquireLink(t *testing.T) {
	for _, state := range []State{Open, BoundTX, BoundRX, BoundTRX} {
		synctest.Test(t, func(t *testing.T) {
			s := start(t, state, Options{}, fakeHandler{request: func(f Frame) error {
				t.Errorf("handler was given %s", Command(f.ID()))
				return nil
			}})
			s.peer.send(request(pdu.EnquireLinkID, 77))
			s.peer.want(pdu.EnquireLinkRespID, StatusOK, 77)
		})
	}
}

func TestSessionRefuses(t *testing.T) {
	tests := []struct {
		name   string
		state  State
		smsc   bool
		id     pdu.ID
		want   pdu.ID
		status pdu.Status
	}{
		{"unknown before the bind", Open, false, 0x00010201, pdu.GenericNACKID, StatusInvCmdID},
		{"unknown before the bind, from the SMSC", Open, true, 0x77, pdu.GenericNACKID, StatusInvCmdID},
		{"submit_sm before the bind", Open, false, pdu.SubmitSMID, pdu.SubmitSMRespID, StatusInvBindState},
		{"submit_sm as a receiver", BoundRX, false, pdu.SubmitSMID, pdu.SubmitSMRespID, StatusInvBindState},
		{"second bind", BoundTRX, false, pdu.BindTransmitterID, pdu.BindTransmitterRespID, StatusAlreadyBound},
		{"deliver_sm from the ESME", BoundTRX, false, pdu.DeliverSMID, pdu.DeliverSMRespID, StatusInvBindState},
		{"deliver_sm to a transmitter", BoundTX, true, pdu.DeliverSMID, pdu.DeliverSMRespID, StatusInvBindState},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, tt.state, Options{SMSC: tt.smsc}, fakeHandler{request: func(f Frame) error {
					t.Errorf("handler was given %s", Command(f.ID()))
					return nil
				}})
				s.peer.send(request(tt.id, 5))
				s.peer.want(tt.want, tt.status, 5)
				s.peer.send(request(pdu.EnquireLinkID, 6))
				s.peer.want(pdu.EnquireLinkRespID, StatusOK, 6)
			})
		})
	}
}

// With AnyRequest only what comes before the bind, or would bind again, is refused.
func TestSessionAnyRequest(t *testing.T) {
	ids := []pdu.ID{
		pdu.SubmitSMID, pdu.SubmitMultiID, pdu.DataSMID, pdu.DeliverSMID, pdu.QuerySMID, pdu.CancelSMID, pdu.ReplaceSMID,
		pdu.AlertNotificationID, 0x111, 0x112, 0x113, 0x00010201, pdu.UnbindID,
	}
	for _, smsc := range []bool{false, true} {
		for _, state := range []State{BoundTX, BoundRX, BoundTRX} {
			synctest.Test(t, func(t *testing.T) {
				var got []pdu.ID
				s := start(t, state, Options{SMSC: smsc, AnyRequest: true}, fakeHandler{request: func(f Frame) error {
					got = append(got, f.ID())
					return nil
				}})
				for _, id := range ids {
					s.peer.send(request(id, 5))
				}
				bound := StatusAlreadyBound
				for _, id := range []pdu.ID{pdu.BindTransmitterID, pdu.BindReceiverID, pdu.BindTransceiverID, pdu.OutbindID} {
					s.peer.send(request(id, 6))
					if HasResponse(id) {
						s.peer.want(ResponseID(id), bound, 6)
					}
				}
				s.peer.send(request(pdu.EnquireLinkID, 7))
				s.peer.want(pdu.EnquireLinkRespID, StatusOK, 7)
				if !slices.Equal(got, ids) {
					t.Errorf("in state %#x, from the SMSC %v: got %x, want %x", state, smsc, got, ids)
				}
				s.SetState(Open)
				s.peer.send(request(pdu.SubmitSMID, 8))
				s.peer.want(pdu.SubmitSMRespID, StatusInvBindState, 8)
			})
		}
	}
}

// What has no response gets none, even where it is not allowed.
func TestSessionIgnoresOneWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, BoundTX, Options{SMSC: true}, fakeHandler{})
		s.peer.send(request(pdu.AlertNotificationID, 1), request(pdu.OutbindID, 2), request(pdu.EnquireLinkID, 3))
		s.peer.want(pdu.EnquireLinkRespID, StatusOK, 3)
	})
}

// All that the state allows reaches the handler whole and in order, known or not,
// and Idle is called when there is no more.
func TestSessionHandsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []Frame
		idles := 0
		s := start(t, BoundTRX, Options{}, fakeHandler{
			request: func(f Frame) error { got = append(got, bytes.Clone(f)); return nil },
			idle:    func() { idles++ },
		})
		want := []Frame{submit(9), newFrame(0x00010299, 0, 3, "vendor"), submit(9), newFrame(pdu.DataSMID, 0, 0, "x"), request(pdu.UnbindID, 1)}
		s.peer.send(want...)
		synctest.Wait()
		if !bytes.Equal(bytes.Join(octetsOf(got), nil), bytes.Join(octetsOf(want), nil)) {
			t.Errorf("got % x, want % x", got, want)
		}
		if idles != 1 {
			t.Errorf("Idle: got %d calls, want 1", idles)
		}
	})
}

// A handler knows when the frame that it is given came in.
func TestSessionArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		arrived := make(chan time.Time, 2)
		var s running
		s = start(t, BoundTRX, Options{}, fakeHandler{request: func(Frame) error {
			<-time.After(time.Second) // what the handler takes is none of it
			arrived <- s.Arrived()
			return nil
		}})
		<-time.After(5 * time.Second)
		sent := time.Now()
		s.peer.send(submit(1), submit(2))
		for range 2 {
			if got := <-arrived; !got.Equal(sent) {
				t.Errorf("got %v, want %v", got, sent)
			}
		}
	})
}

func TestSessionLosesFraming(t *testing.T) {
	tests := []struct {
		name   string
		octets string
		seq    uint32
	}{
		{"with a header", "0000000F 00000004 00000000 00000042", 0x42},
		{"too long", "00010401 00000004 00000000 00000043", 0x43},
		{"all ones, without the rest", "FFFFFFFF", 0},
		{"text", "47455420 2F204854 54502F31 2E310D0A", 0x2E310D0A},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, BoundTRX, Options{}, fakeHandler{})
				s.peer.send(octets(t, tt.octets))
				s.peer.want(pdu.GenericNACKID, StatusInvCmdLen, tt.seq)
				s.peer.wantEnd()
				var bad *FrameError
				if err := s.wantEnded(); !errors.As(err, &bad) {
					t.Errorf("reason: got %v, want a FrameError", err)
				}
			})
		})
	}
}

func TestSessionEnds(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name string
		do   func(s running)
		want error
	}{
		{"peer leaves", func(s running) { _ = s.peer.conn.Close() }, io.EOF},
		{"peer leaves within a frame", func(s running) { s.peer.send(submit(1)[:9]); _ = s.peer.conn.Close() }, io.ErrUnexpectedEOF},
		{"context", func(s running) { s.cancel(broken) }, broken},
		{"handler", func(s running) { s.peer.send(submit(1)) }, io.ErrNoProgress},
		{"closed", func(s running) { s.Close(broken); s.Finish(io.EOF) }, broken},
		{"finished", func(s running) { s.Finish(broken); s.Close(io.EOF) }, broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, BoundTRX, Options{}, fakeHandler{request: func(Frame) error { return io.ErrNoProgress }})
				tt.do(s)
				s.wantReason(tt.want)
				s.SetState(BoundTRX)
				if got := s.State(); got != Closed {
					t.Errorf("state after a late bind: got %#x, want %#x", got, Closed)
				}
				for what, err := range map[string]error{
					"Send":  s.Send(submit(1), time.Time{}, nil),
					"Reply": s.Reply(submitResp(1), 1, time.Time{}),
					"Call":  s.Call(t.Context(), submit(1)),
				} {
					if err != ErrClosed {
						t.Errorf("%s afterwards: got %v, want %v", what, err, ErrClosed)
					}
				}
				if _, err := s.ReplyHeld(submitResp(1), 1, time.Time{}); err != ErrClosed {
					t.Errorf("ReplyHeld afterwards: got %v, want %v", err, ErrClosed)
				}
				s.Flush()
				s.Release(0)
			})
		})
	}
}
