package smpp

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// passOn hands what one session reads to the other, as a relay does.
type passOn struct{ to *Session[any] }

func (p passOn) Request(_ context.Context, f Frame) error { return p.to.Send(f, time.Time{}, nil) }

func (p passOn) Response(f Frame, to Pending[any]) error { return p.to.Reply(f, to.Seq, time.Time{}) }
func (p passOn) Late(Frame, Pending[any]) error          { return nil }
func (p passOn) Unmatched(Frame, *Pending[any]) error    { return nil }
func (p passOn) Expired(Pending[any])                    {}
func (p passOn) Idle()                                   { p.to.Flush() }

// relayBetween joins two connections by two sessions until the function it
// returns is called.
func relayBetween(esmeConn, smscConn net.Conn, opt Options) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	esme := NewSession[any](esmeConn, Options{})
	opt.SMSC = true
	smsc := NewSession[any](smscConn, opt)
	esme.SetState(BoundTRX)
	smsc.SetState(BoundTRX)
	var wg sync.WaitGroup
	wg.Go(func() { _ = esme.Run(ctx, passOn{smsc}) })
	wg.Go(func() { _ = smsc.Run(ctx, passOn{esme}) })
	return func() {
		cancel()
		wg.Wait()
	}
}

// answering reads PDUs until n requests are answered and n responses are there,
// and checks that both come in order.
func (p *script) answering(n uint32) error {
	var requests, responses uint32
	for requests < n || responses < n {
		f, err := p.r.Next()
		if err != nil {
			return err
		}
		if f.IsResponse() {
			if responses++; f.Seq() != responses {
				p.t.Errorf("response: got number %d, want %d", f.Seq(), responses)
			}
			continue
		}
		if requests++; f.Seq() != requests {
			p.t.Errorf("request: got number %d, want %d", f.Seq(), requests)
		}
		if _, err := p.conn.Write(AppendRefusal(nil, f.ID(), StatusOK, f.Seq())); err != nil {
			return err
		}
	}
	return nil
}

// Requests flow both ways at once, more than the window, and none is lost, late
// or out of order; nobody waits for anybody in a circle.
func TestRelayBothWays(t *testing.T) {
	const n = 500
	for _, window := range []int{0, 1, 10} {
		synctest.Test(t, func(t *testing.T) {
			esmeNear, esmeFar := net.Pipe()
			smscNear, smscFar := net.Pipe()
			stop := relayBetween(esmeNear, smscNear, Options{Window: window, Response: time.Minute})
			defer stop()
			begin := time.Now()
			var wg sync.WaitGroup
			for conn, id := range map[net.Conn]pdu.ID{esmeFar: pdu.SubmitSMID, smscFar: pdu.DeliverSMID} {
				p := &script{t, conn, NewReader(conn)}
				wg.Go(func() {
					for seq := range uint32(n) {
						if _, err := p.conn.Write(request(id, seq+1)); err != nil {
							t.Errorf("%s: %v", Command(id), err)
							return
						}
					}
				})
				wg.Go(func() {
					if err := p.answering(n); err != nil {
						t.Errorf("%s: %v", Command(id), err)
					}
				})
			}
			wg.Wait()
			since(t, "all answers", begin, 0)
		})
	}
}
