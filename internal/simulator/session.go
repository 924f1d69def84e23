package simulator

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// session is one ESME's connection to the SMSC.
type session struct {
	// Static after construction.
	smsc  *SMSC
	id    uint64
	conn  net.Conn
	since time.Time
	out   writer
	later *line // of ResponseDelay, nil without
	gone  chan struct{}

	delays delays // of reactions

	// Owned by the read goroutine.
	in        *smpp.Reader
	scratch   []byte
	now       Reaction // to the request that is being handled
	decided   bool     // Options.React has decided about that request
	operating bool     // that request is a message operation

	account   atomic.Pointer[account] // set by the bind
	unbinding atomic.Bool             // the SMSC sends an unbind of its own accord, or has done so
	transmits bool                    // static once account is set, as the next two
	receives  bool
	hasTLVs   bool
	late      atomic.Int64 // message operations whose answer is held back
	lost      atomic.Int64 // message operations whose answer never comes, since the last Reset
	enquiry   atomic.Uint32

	mu      sync.Mutex
	seq     uint32                       // guarded by mu: of the SMSC's next request
	pending map[uint32]chan<- pdu.Status // guarded by mu: nil for a receipt
	windows int                          // receipts unanswered; guarded by the account
}

var (
	errUnbound = errors.New("unbound")
	errHangup  = errors.New("magic receiver")
)

func newSession(c *SMSC, conn net.Conn) *session {
	s := &session{
		smsc: c, id: c.sessionIDs.Add(1), conn: conn, since: time.Now(), out: writer{conn: conn},
		gone: make(chan struct{}), in: smpp.NewReader(conn),
		seq: c.opt.FirstSeq, pending: make(map[uint32]chan<- pdu.Status),
	}
	if c.opt.ResponseDelay > 0 {
		s.later = newLine(c.opt.ResponseDelay)
	}
	return s
}

// accountName is the system_id of the bind, empty before it.
func (s *session) accountName() string {
	if a := s.account.Load(); a != nil {
		return a.name
	}
	return ""
}

// run serves the session until it ends, and says why.
func (s *session) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	s.delays.ctx = ctx
	defer s.delays.tasks.Wait()
	defer wg.Wait()
	defer close(s.gone)
	defer context.AfterFunc(ctx, func() { _ = s.conn.Close() })()
	defer func() { _ = s.conn.Close() }()
	defer cancel()
	if s.later != nil {
		wg.Go(func() { s.later.run(ctx, func() { _ = s.out.flush() }) })
	}
	if every := s.smsc.opt.EnquireLink; every > 0 {
		wg.Go(func() { s.enquire(ctx, every) })
	}
	return s.read(ctx)
}

// read handles frames in their order, and flushes when no more are buffered.
func (s *session) read(ctx context.Context) error {
	for {
		f, err := s.in.Next()
		if err == nil {
			err = s.handle(ctx, f)
		}
		if err != nil {
			s.takeLeave(err)
			return err
		}
		if !s.in.Buffered() {
			if err := s.out.flush(); err != nil {
				return err
			}
		}
	}
}

// takeLeave sends generic_nack if framing is lost, and flushes.
func (s *session) takeLeave(err error) {
	var lost *smpp.FrameError
	if errors.As(err, &lost) {
		s.out.add(smpp.AppendHeader(nil, pdu.GenericNACKID, lost.Status, lost.Seq, 0))
	}
	_ = s.out.flush() // the reason stands; the peer may be gone
}

// handle takes one frame. An error ends the session.
func (s *session) handle(ctx context.Context, f smpp.Frame) error {
	opt := &s.smsc.opt
	if opt.Keep > 0 || opt.OnFrame != nil {
		r := Record{s.id, s.accountName(), time.Now(), f}
		s.smsc.record(r)
		if opt.OnFrame != nil {
			opt.OnFrame(r)
		}
	}
	if f.IsResponse() {
		s.settle(f)
		if s.unbinding.Load() && f.ID() == pdu.UnbindRespID {
			return errUnbound
		}
		return nil
	}
	if opt.Answer != nil {
		if response, ok := opt.Answer(s.accountName(), f); ok {
			s.out.add(response)
			return nil
		}
	}
	if opt.React != nil && (!isOperation(f.ID()) || s.mayOperate(f.ID())) {
		if r, ok := opt.React(s.nameFor(f), f); ok {
			return s.react(ctx, f, r)
		}
	}
	return s.answer(ctx, f)
}

// nameFor is the account that a request is from: for a bind, the one that it asks for.
func (s *session) nameFor(f smpp.Frame) string {
	if smpp.IsBind(f.ID()) && s.account.Load() == nil {
		r := fields{b: f.Body()}
		return string(r.cstring())
	}
	return s.accountName()
}

// unanswered counts the message operations that are unanswered.
func (s *session) unanswered() int { return int(s.late.Load() + s.lost.Load()) }

// isOperation reports whether id is an operation on a message.
func isOperation(id pdu.ID) bool {
	switch id {
	case pdu.SubmitSMID, pdu.DataSMID, pdu.SubmitMultiID, pdu.QuerySMID, pdu.CancelSMID, pdu.ReplaceSMID:
		return true
	}
	return false
}

// answer sends the SMSC's own answer to a request.
func (s *session) answer(ctx context.Context, f smpp.Frame) error {
	switch f.ID() {
	case pdu.BindTransmitterID, pdu.BindReceiverID, pdu.BindTransceiverID:
		s.bind(f)
	case pdu.EnquireLinkID:
		s.reply(f, smpp.StatusOK)
	case pdu.UnbindID:
		s.smsc.leave(s)
		if s.now.Delay > 0 {
			s.scratch = smpp.AppendHeader(s.scratch[:0], pdu.UnbindRespID, 0, f.Seq(), 0)
			s.emit(func() { _, _ = s.out.flush(), s.conn.Close() })
			return nil
		}
		s.reply(f, smpp.StatusOK)
		return errUnbound
	case pdu.DeliverSMID:
		s.reply(f, smpp.StatusInvBindState) // an SMSC's own request (SMPP 3.4 table 2-1)
	default:
		if isOperation(f.ID()) {
			return s.operate(ctx, f)
		}
		s.scratch = smpp.AppendHeader(s.scratch[:0], pdu.GenericNACKID, smpp.StatusInvCmdID, f.Seq(), 0)
		s.emit(nil)
	}
	return nil
}

// reply answers f with a header only, or with the shortest body if it refuses.
func (s *session) reply(f smpp.Frame, status pdu.Status) {
	if status == smpp.StatusOK {
		s.scratch = smpp.AppendHeader(s.scratch[:0], smpp.ResponseID(f.ID()), status, f.Seq(), 0)
	} else {
		s.scratch = smpp.AppendRefusal(s.scratch[:0], f.ID(), status, f.Seq())
	}
	s.emit(nil)
}

// enquire sends enquire_link regularly, and closes the connection if the last one was not
// answered.
func (s *session) enquire(ctx context.Context, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		if s.enquiry.Load() != 0 {
			_ = s.conn.Close()
			return
		}
		seq, _ := s.await(0, nil)
		s.enquiry.Store(seq)
		s.out.add(smpp.AppendHeader(nil, pdu.EnquireLinkID, 0, seq, 0))
		_ = s.out.flush()
	}
}
