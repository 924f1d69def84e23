package gateway

import (
	"context"
	"errors"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/feedback"
	"readback/relay/message"
	"readback/smpp"
)

// When the gateway stops, feedback that the ESME has been sent waits for its answer. When the ESME
// has gone, nothing is waited for.
func TestFeedbackAtTheEnd(t *testing.T) {
	for _, tt := range []struct {
		name   string
		end    func(w *world, esme, smsc *testpeer.Peer, feedback smpp.Frame)
		noMore bool
		told   bool
	}{
		{"the gateway stops", func(w *world, esme, smsc *testpeer.Peer, feedback smpp.Frame) {
			w.stop()
			esme.WantNothing()
			esme.Send(testpeer.Frame(pdu.DeliverSMRespID, smpp.StatusOK, feedback.Seq(), "\x00"))
			esme.Unbind()
			smsc.Unbind()
		}, true, true},
		{"the ESME has gone", func(_ *world, esme, smsc *testpeer.Peer, _ smpp.Frame) {
			_ = esme.Conn.Close()
			smsc.Unbind()
		}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cause, outcome := make(chan error, 1), make(chan error, 1)
			w := serve(t, setup{deliver: func(ctx context.Context, _ string, _ message.Session, tell message.Teller) error {
				go func() { outcome <- tell(context.WithoutCancel(ctx), bankFeedback()) }()
				<-ctx.Done()
				cause <- context.Cause(ctx)
				return nil
			}})
			esme, smsc := w.bind(simulator.Bind{})
			tt.end(w, esme, smsc, esme.Next("feedback"))
			if got := testpeer.Receive(t, "end of the delivery", cause); errors.Is(got, feedback.ErrNoMore) != tt.noMore {
				t.Errorf("the delivery ends with %v, want no more to be told: %v", got, tt.noMore)
			}
			if err := testpeer.Receive(t, "outcome", outcome); (err == nil) != tt.told {
				t.Errorf("got %v, want told: %v", err, tt.told)
			}
		})
	}
}
