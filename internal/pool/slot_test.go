package pool

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

// While no address takes the bind, the rounds over all of them come less and less
// often, but often enough to be back soon.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		addrs := []string{"a:1", "b:1"}
		p := New(Options[int]{
			Config: Config{Addrs: addrs, SystemID: "hub", Binds: 1},
			Dial: func(_ context.Context, addr string) (net.Conn, error) {
				if addr != addrs[len(at)%2] {
					t.Errorf("try %d: got %s", len(at), addr)
				}
				at = append(at, time.Now())
				return nil, errors.New("down")
			},
			Logger: slog.New(slog.DiscardHandler), Metrics: NewMetrics(nil),
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		p.Run(ctx)
		for i, wait := 0, firstRetry; i+3 < len(at); i, wait = i+2, min(2*wait, lastRetry) {
			if round := at[i+1].Sub(at[i]); round != 0 {
				t.Errorf("try %d: got %v from one address to the next, want none", i, round)
			}
			if got := at[i+2].Sub(at[i]); got < wait/2 || got > wait {
				t.Errorf("try %d: got %v to the next round, want %v to %v", i, got, wait/2, wait)
			}
		}
		if rounds := len(at) / 2; rounds < int(time.Minute/lastRetry) || rounds > 2*int(time.Minute/lastRetry)+10 {
			t.Errorf("got %d rounds in a minute", rounds)
		}
	})
}

// The addresses are tried in turn, and after each loss from the first one on.
func TestFailOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := start(t, 1, func(o *Options[uint32]) {
			o.Logger = slog.New(slog.NewTextHandler(&log, nil))
			dial := o.Dial
			o.Config.Addrs = []string{"a:1", "b:1", "c:1"}
			o.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
				if addr == "a:1" {
					return nil, errors.New("down")
				}
				return dial(ctx, addr)
			}
		})
		want := func(addrs ...string) {
			t.Helper()
			for _, addr := range addrs {
				if got := testpeer.Receive(t, "connection", s.dialed); got != addr {
					t.Errorf("got a connection to %s, want to %s", got, addr)
				}
			}
		}
		want("a:1", "b:1")
		_ = s.bound().Conn.Close()
		want("a:1", "b:1")
		smsc := s.accept() // this one refuses the bind
		f := smsc.Next("bind")
		smsc.Send(testpeer.Frame(pdu.BindTransceiverRespID, smpp.StatusBindFailed, f.Seq(), ""))
		smsc.WantEnd()
		want("c:1")
		s.bound()
		for _, want := range []string{
			`msg="bind to the SMSC lost" bind=0 smsc=a:1 reason=down`,
			`msg="bind to the SMSC lost" bind=0 smsc=b:1 reason=EOF`,
			`msg="bind to the SMSC lost" bind=0 smsc=b:1 reason="bind_transceiver: `,
			`msg="bound to the SMSC" bind=0`,
		} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("not logged: %s", want)
			}
		}
		if len(s.dialed) > 0 {
			t.Errorf("got a connection to %s, too", <-s.dialed)
		}
	})
}

// A bind that the SMSC answers as another one is of no use: it is unbound, for the next address.
func TestFailOverHalfBound(t *testing.T) {
	for _, granted := range []pdu.ID{pdu.BindTransmitterRespID, pdu.BindReceiverRespID} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			s := start(t, 1, func(o *Options[uint32]) {
				o.Config.Addrs = []string{"a:1", "b:1"}
				o.Logger = slog.New(slog.NewTextHandler(&log, nil))
			})
			testpeer.Receive(t, "first connection", s.dialed)
			smsc := s.accept()
			f := smsc.Next("bind")
			smsc.Send(testpeer.Frame(granted, smpp.StatusOK, f.Seq(), "SMSC\x00"))
			synctest.Wait()
			if s.Up() {
				t.Errorf("%s: the pool is up", smpp.Command(granted))
			}
			smsc.Unbind()
			if got := testpeer.Receive(t, "second connection", s.dialed); got != "b:1" {
				t.Errorf("got a connection to %s, want to b:1", got)
			}
			if want := `reason="the SMSC answers bind_transceiver with a bind that`; !strings.Contains(log.String(), want) {
				t.Errorf("not logged: %s", want)
			}
			s.bound()
		})
	}
}

// A bind that is not answered is given up for the next address.
func TestFailOverUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 1, func(o *Options[uint32]) { o.Config.Addrs = []string{"a:1", "b:1"} })
		testpeer.Receive(t, "first connection", s.dialed)
		silent, begin := s.accept(), time.Now()
		silent.Next("bind")
		silent.WantEnd()
		if got, want := time.Since(begin), 10*time.Second; got != want { // Options.Session.Response
			t.Errorf("given up after %v, want %v", got, want)
		}
		if got := testpeer.Receive(t, "second connection", s.dialed); got != "b:1" {
			t.Errorf("got a connection to %s, want to b:1", got)
		}
		s.bound()
	})
}

// A session that has ended, be it by a panic, is made again when its handler is done with it.
func TestEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		s := start(t, 1, func(o *Options[uint32]) {
			make := o.Handler
			o.Handler = func(bind int, session *smpp.Session[uint32]) Handler[uint32] {
				return slowly{make(bind, session), let}
			}
		})
		s.handle = func(smpp.Frame) { panic("planted") }
		smsc := s.bound()
		answer(smsc, submit(99), smpp.StatusOK) // to nothing
		var p *smpp.PanicError
		if reason := testpeer.Receive(t, "end", s.ended); !errors.As(reason, &p) || p.Value != "planted" {
			t.Errorf("ended by %v, want the panic", reason)
		}
		time.Sleep(time.Minute)
		if len(s.dialed) != 1 {
			t.Error("the next session began before the handler was done with the one before")
		}
		if s.Up() {
			t.Error("the pool is up with a session that has ended")
		}
		close(let)
		s.bound()
	})
}

// slowly is a handler that is done with its session when it is let.
type slowly struct {
	Handler[uint32]
	let chan struct{}
}

func (h slowly) Ended(reason error) {
	h.Handler.Ended(reason)
	<-h.let
}
