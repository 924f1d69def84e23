package smpp

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// A response belongs to a request by sequence_number and command, whether it is late or not.
func TestTakeByCommand(t *testing.T) {
	for _, tt := range []struct {
		name       string
		resp       pdu.ID
		seq        uint32
		want, late matched
	}{
		{"its response", pdu.SubmitSMRespID, 5, matchesOpen, matchesLate},
		{"generic_nack", pdu.GenericNACKID, 5, matchesOpen, matchesLate},
		{"another response", pdu.QuerySMRespID, 5, matchesNumber, matchesNone},
		{"a response of another kind of message", pdu.DataSMRespID, 5, matchesNumber, matchesNone},
		{"a vendor's response", 0x80010201, 5, matchesNumber, matchesNone},
		{"another number", pdu.SubmitSMRespID, 6, matchesNone, matchesNone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ps := newPendings[any](0)
			ps.add(Pending[any]{ID: pdu.SubmitSMID, Seq: 5, Ref: "it"})
			p, m := ps.take(request(tt.resp, tt.seq))
			if m != tt.want || (m == matchesNone) != (p.Ref == nil) {
				t.Errorf("under way: got %v and %+v, want %v", m, p, tt.want)
			}
			if open := ps.open.has(5); open != (m != matchesOpen) {
				t.Errorf("under way after it: got %v", open)
			}
			ps.open.drop(5)
			ps.open.put(5, Pending[any]{ID: pdu.SubmitSMID, Seq: 5, Ref: "it"})
			ps.expire(time.Unix(0, 0))
			if p, m := ps.take(request(tt.resp, tt.seq)); m != tt.late || (m == matchesLate) != (p.Ref == "it") {
				t.Errorf("expired: got %v and %+v, want %v", m, p, tt.late)
			}
			p, m = ps.take(request(pdu.SubmitSMRespID, 5))
			if first := tt.late != matchesLate; m != matchesLate || p.ID != pdu.SubmitSMID || first != (p.Ref == "it") {
				t.Errorf("its response after that: got %v and %+v, want the request if it was not answered", m, p)
			}
		})
	}
}

// Of the requests that have expired, a session holds the newest. It lets no request keep its number
// once it has forgotten one of them.
func TestLateIsBounded(t *testing.T) {
	for _, tt := range []struct{ window, most int }{{0, minLate}, {100, minLate}, {2 * minLate, 2 * minLate}} {
		ps := newPendings[any](tt.window)
		for seq := range uint32(2 * tt.most) {
			if got := ps.add(Pending[any]{ID: pdu.SubmitSMID, Seq: seq, Ref: seq}); got != seq {
				t.Fatalf("window %d: number %d: got %#x, want the same", tt.window, seq, got)
			}
			ps.expire(time.Unix(0, 0))
		}
		seq := uint32(2 * tt.most)
		ps.add(Pending[any]{ID: pdu.SubmitSMID, Seq: seq, Ref: seq})
		ps.expire(time.Unix(0, 0)) // one too many
		if got := len(ps.late.newer) + len(ps.late.older); got != tt.most+1 {
			t.Errorf("window %d: got %d held, want %d", tt.window, got, tt.most+1)
		}
		if got := ps.add(Pending[any]{ID: pdu.SubmitSMID, Seq: 0}); got != OwnSeq {
			t.Errorf("window %d: the number of a forgotten request: got %#x, want %#x", tt.window, got, OwnSeq)
		}
		for _, held := range []uint32{uint32(tt.most), seq} {
			if p, m := ps.take(request(pdu.SubmitSMRespID, held)); m != matchesLate || p.Ref != held {
				t.Errorf("window %d: request %d: got %v, %v, want it", tt.window, held, m, p.Ref)
			}
		}
	}
}

// The handler learns of a late response when it has learnt that the request expired, and not before.
func TestLateAfterExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s running
		events := make(chan string, 2)
		s = start(t, BoundTRX, Options{SMSC: true, Response: time.Second}, fakeHandler{
			expired: func(Pending[any]) {
				s.peer.send(submitResp(1))
				for range 1000 {
					runtime.Gosched() // to the read goroutine
				}
				events <- "expired"
			},
			late: func(_ Frame, p Pending[any]) error { events <- "late " + p.Ref.(string); return nil },
		})
		if err := s.Send(submit(1), time.Now(), "it"); err != nil {
			t.Fatal(err)
		}
		s.Flush()
		s.peer.want(pdu.SubmitSMID, 0, 1)
		for _, want := range []string{"expired", "late it"} {
			if got := <-events; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
}

// A response whose number only the sender of another request uses is not taken for the answer to that.
func TestTakeRenumbered(t *testing.T) {
	ps := newPendings[any](0)
	ps.add(Pending[any]{ID: pdu.SubmitSMID, Seq: 5, Ref: "first"})
	ps.add(Pending[any]{ID: pdu.SubmitSMID, Seq: 5, Ref: "second"}) // as OwnSeq
	ps.take(request(pdu.SubmitSMRespID, 5))
	for range 2 {
		if p, m := ps.take(request(pdu.SubmitSMRespID, 5)); m != matchesNumber || p.Ref != nil {
			t.Errorf("again: got %v and %+v, want %v without a reference", m, p, matchesNumber)
		}
	}
	if p, m := ps.take(request(pdu.SubmitSMRespID, OwnSeq)); m != matchesOpen || p.Ref != "second" {
		t.Errorf("the second: got %v and %+v, want it", m, p)
	}
}
