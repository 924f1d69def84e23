package gateway

import (
	"context"
	"time"

	"readback/smpp"
)

// When an ESME has left, the SMSC may still accept what the ESME has sent. So the session with the SMSC
// is unbound only when those requests are answered whose answers are recorded.

// lateTime is how much longer than response_timeout the gateway waits for an answer when the ESME has
// left. An answer that comes after that is lost.
const lateTime = 10 * time.Second

// patience is how old a request gets until nobody waits for its answer any more.
func (g *Gateway) patience() time.Duration { return g.opt.ResponseTimeout + lateTime }

// isRecorded reports whether the answer to r is recorded: the message has a number, or, in shared mode,
// its receipts must find their account. A group may have such messages.
func (g *Gateway) isRecorded(r *request) bool {
	return r != nil && (g.pool != nil || r.sent != nil || r.group != nil)
}

// untilDrained returns a context that ends when the gateway may wait for nothing any more: DrainTimeout
// after ctx, at which it stops.
func (g *Gateway) untilDrained(ctx context.Context) (drained context.Context, release context.CancelFunc) {
	drained, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(g.opt.DrainTimeout)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-drained.Done():
		}
	})
	return drained, func() { stop(); cancel() }
}

// leave unbinds the SMSC's session of an ESME that has left.
func (l *link) leave(ctx, drained context.Context, smsc *smscSession) {
	if smsc.State().IsBound() {
		smsc.AwaitAnswers(drained, l.g.patience(), l.g.isRecorded)
	}
	unbind(ctx, smsc, smpp.ErrUnbound)
}

// unbind passes the ESME's unbind on, behind the answers that are recorded. If the ESME leaves before
// they have come, leave unbinds the SMSC. In shared mode the gateway answers it. What the rate holds back
// is refused first, and so is what the SMSC has refused for now; what waits for room at the SMSC has gone on then.
func (s *submitter) unbind(ctx context.Context, f smpp.Frame) error {
	l := s.link
	s.leave()
	s.others.waits()
	l.unanswered.hold(1) // the messages do not wait for it
	s.messages.awaitIdle(ctx)
	l.unanswered.hold(-1)
	l.again.Close()
	if l.g.pool != nil {
		return l.refuse(f, smpp.StatusOK)
	}
	l.smsc.AwaitAnswers(ctx, l.g.patience(), l.g.isRecorded)
	if ctx.Err() != nil {
		return ignoreGone(l.refuse(f, smpp.StatusOK))
	}
	return s.pass(s.others, f, s.untracked)
}
