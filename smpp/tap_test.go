package smpp

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// Whoever uses the tap sees every frame of a session as it is on the line, in both directions, and what a request was
// made of; and nothing any more when it is closed.
func TestTap(t *testing.T) {
	var tap Tap
	var mu sync.Mutex
	var seen []string
	var line bytes.Buffer // what the peer got
	see := func(f *Tapped) {
		mu.Lock()
		defer mu.Unlock()
		if f.Sent {
			line.Write(f.Frame)
		}
		seen = append(seen, fmt.Sprintf("%v %v %s %d %v %d", f.Owner, f.Sent, Command(f.Frame.ID()), f.Frame.Seq(), f.Ref, f.Was))
		if f.Conn == nil || f.Session == nil || time.Since(f.Time) > time.Hour {
			t.Errorf("got %+v", f)
		}
	}
	var r running
	r = start(t, BoundTRX, Options{Tap: &tap, Owner: "bank"}, fakeHandler{request: func(f Frame) error {
		return r.Reply(AppendDelivered(nil, f.ID(), StatusOK, 0), f.Seq(), time.Time{})
	}})
	exchange := func(seq uint32) (got []byte) {
		r.peer.send(submit(seq))
		got = append(got, r.peer.want(pdu.SubmitSMRespID, StatusOK, seq)...)
		r.peer.send(request(pdu.EnquireLinkID, seq+1))
		return append(got, r.peer.want(pdu.EnquireLinkRespID, StatusOK, seq+1)...)
	}
	exchange(1) // nobody sees it
	tap.Set(see)
	got := exchange(3)
	for range 2 { // the second one gets a number of the session's own
		if err := r.Send(submit(7), time.Time{}, "ref"); err != nil {
			t.Fatal(err)
		}
	}
	go func() { _ = r.Call(context.Background(), request(pdu.UnbindID, 0)) }()
	r.Flush()
	for _, seq := range []uint32{7, OwnSeq} {
		got = append(got, r.peer.want(pdu.SubmitSMID, StatusOK, seq)...)
	}
	got = append(got, r.peer.want(pdu.UnbindID, StatusOK, OwnSeq+1)...)
	mu.Lock()
	tap.Set(nil)
	n := len(seen)
	mu.Unlock()
	if want := fmt.Sprint([]string{
		"bank false submit_sm 3 <nil> 0", "bank true submit_sm_resp 3 <nil> 0", "bank false enquire_link 4 <nil> 0",
		"bank true enquire_link_resp 4 <nil> 0", "bank true submit_sm 7 ref 7", "bank true submit_sm 1073741824 ref 7",
		"bank true unbind 1073741825 <nil> 0",
	}); fmt.Sprint(seen) != want {
		t.Errorf("got %v, want %v", seen, want)
	}
	if !bytes.Equal(line.Bytes(), got) {
		t.Errorf("got % x, want % x", line.Bytes(), got)
	}
	exchange(9)
	if mu.Lock(); len(seen) != n {
		t.Errorf("closed: got %v", seen[n:])
	}
	mu.Unlock()
}
