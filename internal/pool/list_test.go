package pool

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"readback/internal/testpeer"
	"readback/smpp"
)

// The binds are shown as they are: bound with what is under way, and waiting with the reason.
func TestBinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("down")
		refused := false
		s := start(t, 1, func(o *Options[uint32]) {
			dial := o.Dial
			o.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
				if refused {
					return nil, down
				}
				return dial(ctx, addr)
			}
		})
		smsc := s.accept()
		synctest.Wait()
		if b := s.Binds()[0]; b.State != Binding || b.Addr != "a:1" || b.Lost != nil {
			t.Errorf("while it binds: got %+v", b)
		}
		f := smsc.Next("bind")
		smsc.Send(testpeer.Frame(smpp.ResponseID(f.ID()), smpp.StatusOK, f.Seq(), "SMSC\x00"))
		synctest.Wait()
		began := time.Now()
		s.trySend(1, nil)
		if b := s.Binds()[0]; b.State != Bound || !b.Since.Equal(began) || b.Unanswered != 1 || b.Window != 10 || b.Widest != 10 || b.IsTLS {
			t.Errorf("bound: got %+v", b)
		}
		answer(smsc, smsc.Next("submit_sm"), smpp.StatusThrottled)
		if b := s.Binds()[0]; b.Window != 5 || b.Unanswered != 0 {
			t.Errorf("throttled: got %+v, want a window of 5", b)
		}
		time.Sleep(time.Second) // virtual
		refused = true
		_ = smsc.Conn.Close()
		synctest.Wait()
		lost := time.Now()
		time.Sleep(time.Minute) // virtual
		if b := s.Binds()[0]; b.State != Waiting || b.Lost != down || !b.Retry.After(time.Now()) || b.Window != 0 {
			t.Errorf("lost: got %+v", b)
		}
		if got := s.Down(); !got.Equal(lost) {
			t.Errorf("down since %v, want %v", got, lost)
		}
	})
}

// A bind that an operator ends takes nothing new, gets the answers under way, is unbound, and binds again.
func TestEndBind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 1, nil)
		smsc := s.bound()
		s.trySend(1, nil)
		f := smsc.Next("submit_sm")
		if !s.End(0) {
			t.Fatal("the bind is not there")
		}
		synctest.Wait()
		if b := s.Binds()[0]; b.State != Unbinding || s.End(0) || s.End(1) || s.End(-1) {
			t.Errorf("got %+v, want it to be unbound, once", b)
		}
		s.trySend(2, ErrDown)
		time.Sleep(smpp.UnbindTime + time.Second) // virtual
		if len(s.ended) > 0 {
			t.Error("the answer under way is not awaited")
		}
		answer(smsc, f, smpp.StatusOK)
		testpeer.Receive(t, "answer", s.answers)
		smsc.Unbind()
		if err := testpeer.Receive(t, "end", s.ended); err != errEnded {
			t.Errorf("got %v, want %v", err, errEnded)
		}
		s.bound()
		if b := s.Binds()[0]; b.State != Bound || b.Lost != errEnded {
			t.Errorf("again: got %+v", b)
		}
	})
}
