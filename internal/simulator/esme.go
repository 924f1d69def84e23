package simulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// ESMEOptions say how an ESME binds and behaves.
type ESMEOptions struct {
	Bind
	// Window is how many requests may be unanswered; one more waits. Zero stands for 10.
	Window int
	// OnRequest chooses the status that answers a deliver_sm, data_sm or
	// alert_notification; nil accepts all. It is called on the read goroutine; the
	// frame is valid during the call only.
	OnRequest func(f smpp.Frame) pdu.Status
	// DeliverDelay holds the answers to deliver_sm and data_sm back.
	DeliverDelay time.Duration
	// EnquireLink is how often the SMSC is asked whether it is there. Zero never asks.
	EnquireLink time.Duration
	// Keep is how many of the received PDUs are kept, including responses; zero stands for
	// 10000.
	Keep int
}

const (
	defaultWindow   = 10
	defaultESMEKeep = 10_000
)

// ESME is a bound client of an SMSC. It sends and answers raw octets.
type ESME struct {
	Recorder

	// Static after construction.
	opt    ESMEOptions
	conn   net.Conn
	out    writer
	bound  smpp.Frame
	later  *line         // of DeliverDelay, nil without
	window chan struct{} // a token for each request in flight
	ended  chan struct{} // closed when nothing more comes
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	in *smpp.Reader // owned by the read goroutine

	mu      sync.Mutex
	seq     uint32                      // guarded by mu: of the last request
	pending map[uint32]func(smpp.Frame) // guarded by mu
	over    bool                        // guarded by mu: no request can be sent
	reason  error                       // static once ended is closed
}

// OpenESME connects to addr and binds. A refused bind is a pdu.Status in the error.
func OpenESME(ctx context.Context, addr string, opt ESMEOptions) (*ESME, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return newESME(ctx, conn, opt)
}

// newESME binds over conn and owns conn from then on.
func newESME(ctx context.Context, conn net.Conn, opt ESMEOptions) (*ESME, error) {
	opt.Window = cmp.Or(opt.Window, defaultWindow)
	opt.Keep = cmp.Or(opt.Keep, defaultESMEKeep)
	e := &ESME{
		Recorder: Recorder{keep: opt.Keep}, opt: opt, conn: conn, out: writer{conn: conn},
		window: make(chan struct{}, opt.Window), ended: make(chan struct{}),
		in: smpp.NewReader(conn), seq: BindSeq, pending: make(map[uint32]func(smpp.Frame)),
	}
	if opt.DeliverDelay > 0 {
		e.later = newLine(opt.DeliverDelay)
	}
	var err error
	if e.bound, err = SendBind(ctx, conn, e.in, opt.Bind); err != nil {
		_ = conn.Close()
		return nil, err
	}
	e.start()
	return e, nil
}

// start starts the goroutines that Close waits for.
func (e *ESME) start() {
	ctx, cancel := context.WithCancel(context.Background())
	e.cancel = cancel
	e.tasks.Go(func() { e.read(ctx, cancel) })
	if e.later != nil {
		e.tasks.Go(func() { e.later.run(ctx, func() { _ = e.out.flush() }) })
	}
	if e.opt.EnquireLink > 0 {
		e.tasks.Go(func() { e.enquire(ctx) })
	}
}

// BindSeq is the sequence_number of an ESME's bind; requests follow.
const BindSeq = 1

// SendBind binds over conn and returns a copy of the bind_resp.
func SendBind(ctx context.Context, conn net.Conn, in *smpp.Reader, b Bind) (smpp.Frame, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if _, err := conn.Write(b.Append(nil, BindSeq)); err != nil {
		return nil, fmt.Errorf("bind: %w", err)
	}
	f, err := in.Next()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("bind: %w", context.Cause(ctx))
	case err != nil:
		return nil, fmt.Errorf("bind: %w", err)
	case f.Status() != smpp.StatusOK:
		return nil, fmt.Errorf("bind: %w", f.Status())
	case !f.IsResponse() || f.Seq() != BindSeq:
		return nil, fmt.Errorf("bind: answered with command_id %08x", uint32(f.ID()))
	}
	return append(smpp.Frame(nil), f...), nil
}

// BindResponse is the bind_resp as it came.
func (e *ESME) BindResponse() smpp.Frame { return e.bound }

// Done is closed when the session is over; Err says why.
func (e *ESME) Done() <-chan struct{} { return e.ended }

// Err says why the session is over; it waits until it is.
func (e *ESME) Err() error {
	<-e.ended
	return e.reason
}

// ErrOver means that the session has ended, perhaps before a response came.
var ErrOver = errors.New("the session is over")

// Submit sends a request, waiting until the window has room, and calls done with
// its response on the read goroutine: valid during the call only, and nil if the
// session ended first. done must not wait. The octets go out as they are, but for a sequence_number
// of zero, which is filled in.
func (e *ESME) Submit(ctx context.Context, frame []byte, done func(response smpp.Frame)) error {
	f, err := checkFrame(frame)
	if err != nil {
		return err
	}
	select {
	case e.window <- struct{}{}:
	case <-e.ended:
		return ErrOver
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := e.register(f, done); err != nil {
		<-e.window
		return err
	}
	e.out.add(f)
	return e.out.flush()
}

// register notes that f awaits its response and numbers it.
func (e *ESME) register(f smpp.Frame, done func(smpp.Frame)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return ErrOver
	}
	if f.Seq() == 0 {
		e.seq++
		f.SetSeq(e.seq)
	}
	if _, taken := e.pending[f.Seq()]; taken {
		return ErrSeqInUse
	}
	e.pending[f.Seq()] = done
	return nil
}

// Call sends a request as Submit does and returns a copy of its response.
func (e *ESME) Call(ctx context.Context, frame []byte) (smpp.Frame, error) {
	answer := make(chan smpp.Frame, 1)
	err := e.Submit(ctx, frame, func(f smpp.Frame) { answer <- append(smpp.Frame(nil), f...) })
	if err != nil {
		return nil, err
	}
	select {
	case f := <-answer:
		if f == nil {
			return nil, ErrOver
		}
		return f, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Send writes octets as they are, PDUs or not, and expects nothing.
func (e *ESME) Send(octets []byte) error {
	e.out.add(octets)
	return e.out.flush()
}

// Unbind unbinds, waits for the response and closes.
func (e *ESME) Unbind(ctx context.Context) error {
	_, err := e.Call(ctx, smpp.AppendHeader(nil, pdu.UnbindID, 0, 0, 0))
	return errors.Join(err, e.Close())
}

// Close closes the connection without unbinding and waits for the goroutines.
func (e *ESME) Close() error {
	e.cancel()
	err := e.conn.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil // the peer was first
	}
	e.tasks.Wait()
	return err
}
