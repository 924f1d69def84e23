package smpp

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// AwaitAnswers waits for the wanted requests only, until the last one is as old as told, also when they
// have expired. It returns when the session ends.
func TestAwaitAnswers(t *testing.T) {
	const wanted, other = "wanted", "other"
	for _, tt := range []struct {
		name   string
		refs   []string // of requests that are sent a second apart
		cause  func(s running)
		before time.Duration // from the last request to the call
		want   time.Duration // that it takes
	}{
		{"nothing sent", nil, nil, 0, 0},
		{"not wanted", []string{other}, nil, 0, 0},
		{"never answered", []string{wanted, wanted, other}, nil, 0, 14 * time.Second},
		{"expired", []string{wanted}, nil, 12 * time.Second, 3 * time.Second},
		{"too old", []string{wanted}, nil, 16 * time.Second, 0},
		{"answered", []string{wanted, wanted}, func(s running) { s.peer.send(submitResp(2), submitResp(1)) }, 0, 5 * time.Second},
		{"one of two answered", []string{wanted, wanted}, func(s running) { s.peer.send(submitResp(2)) }, 0, 15 * time.Second},
		{"answered late", []string{wanted}, func(s running) { s.peer.send(submitResp(1)) }, 8 * time.Second, 5 * time.Second},
		{"session ends", []string{wanted}, func(s running) { s.Close(ErrUnbound) }, 0, 5 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, BoundTRX, Options{SMSC: true, Response: 10 * time.Second}, fakeHandler{})
				for i, ref := range tt.refs {
					if i > 0 {
						time.Sleep(time.Second)
					}
					if err := s.Send(submit(uint32(i+1)), time.Now(), ref); err != nil {
						t.Fatal(err)
					}
					s.Flush()
					s.peer.want(pdu.SubmitSMID, 0, uint32(i+1))
				}
				time.Sleep(tt.before)
				if tt.cause != nil {
					time.AfterFunc(5*time.Second, func() { tt.cause(s) })
				}
				begin := time.Now()
				s.AwaitAnswers(t.Context(), 15*time.Second, func(ref any) bool { return ref == wanted })
				since(t, "return", begin, tt.want)
				time.Sleep(5 * time.Second)
			})
		})
	}
}

// What the handler of an answer sends counts like what was sent before, however long the handler takes.
func TestAwaitAnswersToFurtherRequests(t *testing.T) {
	for _, late := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			const wanted = "wanted"
			var s running
			s = start(t, BoundTRX, Options{SMSC: true}, fakeHandler{response: func(_ Frame, to Pending[any]) error {
				time.Sleep(time.Second)
				if to.Seq == 1 {
					defer s.Flush()
					return s.TrySend(submit(2), time.Time{}, wanted)
				}
				return nil
			}})
			if err := s.Send(submit(1), time.Now(), wanted); err != nil {
				t.Fatal(err)
			}
			s.Flush()
			begin, over := time.Now(), make(chan struct{})
			go func() {
				defer close(over)
				if late {
					time.Sleep(time.Second / 2) // while the handler runs
				}
				s.AwaitAnswers(t.Context(), time.Minute, func(ref any) bool { return ref == wanted })
				since(t, "return", begin, 2*time.Second)
			}()
			for seq := range uint32(2) {
				s.peer.want(pdu.SubmitSMID, 0, seq+1)
				s.peer.send(submitResp(seq + 1))
			}
			<-over
		})
	}
}
