package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"readback/internal/account"
	"readback/internal/admission"
	"readback/internal/retry"
	"readback/relay/message"
	"readback/smpp"
)

// link is one ESME session joined to the SMSC session opened for it. Its two
// directions are fromESME and fromSMSC.
type link struct {
	// Static after construction.
	g       *Gateway
	id      message.Session
	esme    *esmeSession
	remote  net.Addr
	since   time.Time
	isTLS   bool
	shown   *x509.Certificate // of the ESME; nil: none
	place   *admission.Place  // among the connections of all peers; nil if they are not limited
	dialed  chan *smscSession // the SMSC's session, once, when the ESME binds
	bound   chan struct{}     // closed when the SMSC has accepted the bind
	closing *closing          // whether the link takes anything new

	submitter *submitter
	again     *retry.Queue // requests that the SMSC has refused for now

	// Set by the ESME's read goroutine at the first bind.
	smsc *smscSession // nil in shared mode

	// Set before bound is closed: by the SMSC's read goroutine in mirror mode, by the ESME's in
	// shared mode.
	bind bind

	// Owned by the ESME's read goroutine; by the SMSC's while that one waits for the answer to a
	// bind; and by run when the ESME's has ended.
	usage   *account.Usage  // what the account's sessions share; nil before the bind
	submits *accountSubmits // of the account; nil before the bind

	// Set before the first request is passed on; it stays when the account is left.
	open *atomic.Int64 // requests of the account that the SMSC has not answered; nil before the bind

	smscSide atomic.Pointer[smscSide] // nil until smsc is there

	unanswered *unanswered
	sends      messageRate    // messages of the ESME
	waiting    errgroup.Group // receipts and reads of subscribers; see maxBackground
	reads      errgroup.Group // read responses of the ESME that wait for their verdict
	draining   atomic.Bool
	cutOff     atomic.Bool // the gateway has ended it before all answers had come
	log        atomic.Pointer[slog.Logger]
}

// maxBackground bounds what runs in the background of one session with the SMSC: receipts that
// wait for the answer to their message, and reads that wait for their verdict. More are refused
// for now.
const maxBackground = 1000

// maxReads is how many read responses of one ESME wait for their verdict. More are refused for now.
const maxReads = 64

func newLink(g *Gateway, conn net.Conn) *link {
	l := &link{
		g: g, id: message.Session(g.links.Add(1)), remote: conn.RemoteAddr(), since: time.Now(), isTLS: isTLS(conn), shown: certificateOf(conn), place: admission.Of(conn),
		dialed: make(chan *smscSession, 1), bound: make(chan struct{}), closing: newClosing(),
		unanswered: newUnanswered(),
	}
	l.esme = g.newESMESession(conn, l)
	l.waiting.SetLimit(maxBackground)
	l.reads.SetLimit(maxReads)
	l.submitter = newSubmitter(l)
	l.again = retry.NewQueue(l, l.closing.begun)
	l.log.Store(g.opt.Logger.With("remote", l.remote.String(), "session", uint32(l.id)))
	return l
}

// certificateOf returns the certificate that the peer has shown, which the listener has verified; nil if none.
func certificateOf(conn net.Conn) *x509.Certificate {
	c, ok := conn.(*tls.Conn)
	if !ok {
		return nil
	}
	if all := c.ConnectionState().PeerCertificates; len(all) > 0 {
		return all[0]
	}
	return nil
}

// run serves the link until both sides are gone. When ctx ends it drains.
func (l *link) run(ctx context.Context) {
	l.g.metrics.connections.Inc()
	defer l.g.metrics.connections.Dec()
	l.g.open.add(l)
	defer l.g.open.remove(l)
	defer l.Contain()
	r := l.start(ctx)
	defer r.end()
	err := l.esme.Run(r.gone, r.handler)
	l.esmeGone(err, r.leave)
	r.wg.Wait()
	l.logEnd(err)
}

// running is what runs beside the ESME's session. It is not on the stack on which that session waits.
type running struct {
	handler smpp.Handler[origin] // of what the ESME sends
	gone    context.Context      // ends when the ESME's session has
	leave   context.CancelFunc   // ends gone
	end     func()               // returns when nothing of the link runs any more
	wg      sync.WaitGroup
}

// start starts what runs beside the ESME's session.
func (l *link) start(ctx context.Context) *running {
	r := &running{handler: fromAccount{l}}
	r.gone, r.leave = context.WithCancel(context.WithoutCancel(ctx))
	undrain := atEnd(ctx, func() { l.drain(r.gone, errStopping) })
	drained, release := l.g.untilDrained(ctx)
	r.end = func() {
		release()
		r.leave()
		undrain()
		r.wg.Wait()
	}
	if l.g.pool == nil {
		r.handler = fromESME{l}
		r.wg.Go(func() { l.runSMSC(r.gone, drained) })
	}
	r.wg.Go(func() { feedbackToESME{l}.serve(ctx, r.gone) })
	return r
}

// esmeGone settles what the ESME has left behind. leave ends the rest of the link.
func (l *link) esmeGone(reason error, leave func()) {
	if l.ended(reason) {
		l.abandonUnsent() // while the SMSC can be told
	}
	l.again.Close() // likewise
	leave()
	_ = l.reads.Wait() // they return no errors
	l.exit()
	if l.g.pool != nil {
		l.g.members.leave(l)
	}
	for _, p := range l.esme.Abandoned() {
		giveBack(p)
	}
}

// logEnd logs the end of the link, at a bounded rate if its ESME has not bound.
func (l *link) logEnd(reason error) {
	if !isClosed(l.bound) {
		l.g.lines.Info(l.log.Load(), "link ended", "not bound", "error", reason)
		return
	}
	l.log.Load().Info("link ended", "reason", reason)
}

// runSMSC runs the SMSC's session when there is one. When the ESME goes first, which ends gone,
// the session is unbound behind the answers that are recorded, or when drained ends. When the SMSC
// does, the requests that it has not answered are refused.
func (l *link) runSMSC(gone, drained context.Context) {
	defer l.Contain()
	smsc := l.awaitDial(gone)
	if smsc == nil {
		return
	}
	lasting, left := l.startLeaving(gone, drained, smsc)
	err := smsc.Run(lasting, fromSMSC{l, smsc})
	l.ended(err)
	left()
	l.smscGone(gone, smsc, err)
}

// startLeaving lets the SMSC's session be unbound when gone ends. left waits until it is.
func (l *link) startLeaving(gone, drained context.Context, smsc *smscSession) (lasting context.Context, left func()) {
	lasting = context.WithoutCancel(gone)
	return lasting, atEnd(gone, func() { l.leave(lasting, drained, smsc) })
}

// awaitDial returns the SMSC's session when there is one; nil if the ESME goes before.
func (l *link) awaitDial(gone context.Context) *smscSession {
	select {
	case smsc := <-l.dialed:
		return smsc
	case <-gone.Done():
	}
	select {
	case smsc := <-l.dialed:
		return smsc
	default:
		return nil
	}
}

// smscGone refuses what the SMSC has not answered, and unbinds the ESME if that is still there.
func (l *link) smscGone(gone context.Context, smsc *smscSession, reason error) {
	_ = l.waiting.Wait() // they return no errors
	for _, p := range smsc.Abandoned() {
		l.answerInStead(p)
	}
	l.again.Close()
	if gone.Err() == nil && !errors.Is(reason, smpp.ErrUnbound) {
		l.log.Load().Warn("SMSC gone", "reason", reason)
		unbind(context.WithoutCancel(gone), l.esme, errSMSCGone)
	}
}

var errSMSCGone = errors.New("SMSC gone")

// unbind ends a session politely, if it is bound.
func unbind[R any](ctx context.Context, s *smpp.Session[R], cause error) {
	if !s.State().IsBound() {
		s.Finish(cause)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, smpp.UnbindTime)
	defer cancel()
	s.Unbind(ctx, cause)
}

// atEnd calls f on a goroutine of its own when ctx ends, unless over is called before. over waits until f has
// returned, if it was called.
func atEnd(ctx context.Context, f func()) (over func()) {
	returned := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(returned)
		f()
	})
	return func() {
		if !stop() {
			<-returned
		}
	}
}

// drain is called when the gateway stops, or an operator ends the link. It waits for the answers that are
// outstanding, and unbinds the ESME; the SMSC follows when that is gone.
func (l *link) drain(gone context.Context, cause error) {
	defer l.Contain()
	l.draining.Store(true)
	l.takeNoMore()
	wait, cancel := context.WithTimeout(gone, l.g.opt.DrainTimeout)
	defer cancel()
	select {
	case <-l.bound:
		l.unanswered.awaitNone(wait)
		l.esme.WaitAnswered(wait)
	default:
	}
	if errors.Is(wait.Err(), context.DeadlineExceeded) && !l.cutOff.Swap(true) { // an operator may have ended it before
		l.g.cutOff.Add(1)
	}
	unbind(context.WithoutCancel(gone), l.esme, cause)
}

// takeNoMore says that the link takes nothing new. What it holds back is refused.
func (l *link) takeNoMore() {
	l.closing.begin()
	l.submitter.leaving.begin()
}

var errStopping = errors.New("gateway is stopping")
