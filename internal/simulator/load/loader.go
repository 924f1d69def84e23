package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// loader is one session of Load. One goroutine does all of it, reading answers
// and filling the window again, which costs the least: the CPU that a test wants
// to see spent is the gateway's.
type loader struct {
	opt   Options
	conn  net.Conn
	poll  *poller // nil: deadlines have to do
	in    *smpp.Reader
	out   []byte
	text  *template
	all   *tally // of all sessions
	index int
	first int // this session sends messages first, first+Binds, …
	total int
	start time.Time

	seq      uint32
	inFlight []flight // by the low bits of the sequence_number
	deadline time.Time
	last     time.Time // of the last response
	lastCame time.Time // of the last deliver_sm
	unbound  bool

	sent, ok, open, delivered int
	failed                    map[pdu.Status]int
	latency                   histogram
}

// flight is a request without response; seq is zero where there is none.
type flight struct {
	seq uint32
	at  time.Time
}

func newLoader(opt Options, i int, conn net.Conn) *loader {
	var poll *poller
	if opt.Rate > 0 {
		poll = newPoller(conn)
	}
	slots := 1024
	for slots < 4*opt.Window {
		slots *= 2
	}
	return &loader{
		opt: opt, conn: conn, poll: poll, in: smpp.NewReader(conn), text: newTemplate(opt), index: i,
		first: i, total: (opt.Messages - i + opt.Binds - 1) / opt.Binds, seq: simulator.BindSeq,
		inFlight: make([]flight, slots), failed: make(map[pdu.Status]int), all: new(tally),
	}
}

func (l *loader) close() { _ = l.conn.Close() }

// run sends this session's share, waits for the answers and unbinds.
func (l *loader) run(ctx context.Context, start time.Time, all *tally) error {
	defer context.AfterFunc(ctx, l.close)()
	l.start, l.last, l.all = start, start, all
	err := l.exchange()
	if err == nil {
		all.answered(l, start)
		err = l.linger()
	}
	if err == nil {
		err = l.unbind()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// exchange sends and reads until all is answered.
func (l *loader) exchange() error {
	for l.sent < l.total || l.open > 0 {
		now := time.Now()
		due := l.fill(now)
		if err := l.flush(); err != nil {
			return err
		}
		if l.sent == l.total && l.open == 0 {
			return nil // the time is over
		}
		if err := l.wait(now, due); err != nil {
			return err
		}
	}
	return nil
}

// fill adds requests while the window and the rate allow. It returns when the
// rate allows the next; zero if it is not the rate that stops it.
func (l *loader) fill(now time.Time) (due time.Time) {
	if l.opt.Time > 0 && now.Sub(l.start) >= l.opt.Time {
		l.total = l.sent
	}
	for l.open < l.opt.Window && l.sent < l.total {
		if due = l.due(now); due.After(now) {
			return due
		}
		l.seq++
		slot := &l.inFlight[l.seq%uint32(len(l.inFlight))]
		if slot.seq != 0 { // four windows have passed and it is still not answered
			l.seq--
			break
		}
		*slot = flight{l.seq, due}
		l.out = l.text.append(l.out, l.seq, l.first+l.sent*l.opt.Binds)
		l.open++
		l.sent++
	}
	return time.Time{}
}

// due returns when the next message is to be sent: now, or by the rate. The sessions take turns.
func (l *loader) due(now time.Time) time.Time {
	if l.opt.Rate <= 0 {
		return now
	}
	perMessage := float64(time.Second) / l.opt.Rate
	return l.start.Add(time.Duration(perMessage * float64(l.index+l.sent*l.opt.Binds)))
}

func (l *loader) flush() error {
	if len(l.out) == 0 {
		return nil
	}
	_, err := l.conn.Write(l.out)
	l.out = l.out[:0]
	return err
}

// wait reads what has come, at least one frame, or until due.
func (l *loader) wait(now, due time.Time) error {
	if l.poll != nil && !due.IsZero() {
		if ready, err := l.poll.readable(due.Sub(now)); !ready || err != nil {
			return err
		}
		due = time.Time{}
	}
	if err := l.setDeadline(now, due); err != nil {
		return err
	}
	f, err := l.in.Next()
	if errors.Is(err, os.ErrDeadlineExceeded) && !due.IsZero() {
		return nil
	}
	if err != nil {
		return l.explain(err)
	}
	now = time.Now()
	for {
		l.handle(f, now)
		if !l.in.Buffered() {
			return nil
		}
		if f, err = l.in.Next(); err != nil {
			return l.explain(err)
		}
	}
}

// setDeadline bounds the next read: by due, else loosely by the stall time, so
// that it is not set for each read.
func (l *loader) setDeadline(now, due time.Time) error {
	if due.IsZero() {
		if l.deadline.Sub(now) > l.opt.Stall {
			return nil
		}
		due = now.Add(l.opt.Stall + time.Second)
		l.deadline = due
	} else {
		l.deadline = time.Time{}
	}
	return l.conn.SetReadDeadline(due)
}

func (l *loader) explain(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("load: nothing came for %v, %d requests unanswered", l.opt.Stall, l.open)
	}
	return fmt.Errorf("load: %d requests unanswered: %w", l.open, err)
}

// handle takes one frame; answers to requests wait for the next flush.
func (l *loader) handle(f smpp.Frame, now time.Time) {
	switch id := f.ID(); {
	case id == pdu.UnbindRespID:
		l.unbound = true
	case f.IsResponse():
		l.settle(f, now)
	case id == pdu.DeliverSMID || id == pdu.DataSMID:
		l.delivered++
		l.lastCame = now
		l.all.delivered.Add(1)
		l.out = simulator.AppendMessageResponse(l.out, f, smpp.StatusOK)
	case id == pdu.EnquireLinkID || id == pdu.UnbindID:
		l.out = smpp.AppendHeader(l.out, smpp.ResponseID(id), smpp.StatusOK, f.Seq(), 0)
	}
}

// settle counts a response; one that answers nothing is dropped.
func (l *loader) settle(f smpp.Frame, now time.Time) {
	slot := &l.inFlight[f.Seq()%uint32(len(l.inFlight))]
	if slot.seq == 0 || slot.seq != f.Seq() {
		return
	}
	l.latency.add(now.Sub(slot.at))
	l.last = now
	*slot = flight{}
	l.open--
	if f.Status() == smpp.StatusOK {
		l.ok++
	} else {
		l.failed[f.Status()]++
	}
}

// unbind unbinds and waits for the answer.
func (l *loader) unbind() error {
	l.seq++
	l.out = smpp.AppendHeader(l.out, pdu.UnbindID, 0, l.seq, 0)
	for !l.unbound {
		if err := l.flush(); err != nil {
			return err
		}
		if err := l.wait(time.Now(), time.Time{}); err != nil {
			return err
		}
	}
	return nil
}
