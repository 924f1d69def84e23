package simulator

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
	"readback/smpp/receipt"
)

// Reaction says how the SMSC treats one request differently from its Options. The zero value changes
// nothing. Delay holds back whatever the SMSC does about the request, a Fate included.
type Reaction struct {
	Status  pdu.Status    // refuses the request unless it is zero
	Delay   time.Duration // before the answer, in place of ResponseDelay
	Fate    Fate          // what the ESME gets besides or in place of the answer
	Receipt ReceiptChange // of an accepted submit_sm or data_sm
}

// Fate is what an ESME gets besides or in place of an answer.
type Fate byte

// The fates.
const (
	Answered   Fate = iota // the answer
	Ignored                // nothing: the request has no effect
	AnswerLost             // nothing, though the request has its effect
	Reset                  // the connection is reset (TCP RST), without an answer
	Closed                 // the connection is closed, without an answer
	Unbound                // the answer and an unbind; the connection is closed when the ESME has answered that
	Garbled                // octets that are no PDU, in place of the answer
)

// ReceiptChange says what is different about the delivery receipt of one message.
type ReceiptChange struct {
	Lost   bool          // no receipt is sent
	After  time.Duration // how long the receipt is held back
	State  receipt.State // final state; zero is DELIVERED. Only a message in that state reaches its handset
	Error  string        // err of the text; empty stands for 000
	Base   int           // in which the receipt has the message_id, 10 or 16; zero is that of the answer
	NoTLVs bool          // neither receipted_message_id nor message_state
	Copies int           // how many are sent; zero stands for one
}

// garbage looks like a PDU whose command_length is far beyond what any peer takes.
var garbage = []byte("\xff\xff\xff\xffthis is not SMPP")

// errReset ends a session on behalf of a Reaction.
var errReset = errors.New("ended by a reaction")

// react treats a request as r says. An error ends the session.
func (s *session) react(ctx context.Context, f smpp.Frame, r Reaction) error {
	s.now, s.decided, s.operating = r, true, isOperation(f.ID())
	defer func() { s.now, s.decided, s.operating = Reaction{}, false, false }()
	switch r.Fate {
	case Ignored, Reset, Closed, Garbled:
		s.note(f, "", 0, r.Fate)
	}
	switch {
	case r.Fate == Ignored:
		s.lose()
		return nil
	case r.Fate == Reset:
		return s.endAfter(r.Delay, s.reset)
	case r.Fate == Closed:
		return s.endAfter(r.Delay, func() { _, _ = s.out.flush(), s.conn.Close() })
	case r.Fate == Garbled:
		s.scratch = append(s.scratch[:0], garbage...)
		s.emit(nil)
		return nil
	case r.Status != smpp.StatusOK:
		s.scratch = smpp.AppendRefusal(s.scratch[:0], f.ID(), r.Status, f.Seq())
		s.emit(s.noteBehind(f, r.Status))
		return nil
	}
	return s.answer(ctx, f)
}

// endAfter ends the session by end, at once or after d.
func (s *session) endAfter(d time.Duration, end func()) error {
	if d == 0 {
		end()
		return errReset
	}
	s.delays.run(d, end)
	return nil
}

// reset closes the connection so that the peer sees a reset.
func (s *session) reset() {
	conn := s.conn
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok { // crypto/tls
		conn = t.NetConn()
	}
	if t, ok := conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // closing is all that matters
	}
	_ = conn.Close()
}

// meetFate changes the answer in scratch as the reaction wants: it is lost, or an unbind follows it, and then it
// is the last.
func (s *session) meetFate() (last bool) {
	switch s.now.Fate {
	case AnswerLost:
		s.scratch = s.scratch[:0]
		s.lose()
	case Unbound:
		seq, _ := s.await(0, make(chan pdu.Status, 1))
		s.scratch = smpp.AppendHeader(s.scratch, pdu.UnbindID, 0, seq, 0)
		return true
	}
	return false
}

// put puts out an answer. The last one has an unbind behind it, whose response ends the session. The session leaves
// its account before, so that no receipt follows the unbind.
func (s *session) put(response []byte, last bool) {
	if last {
		s.unbinding.Store(true)
		s.smsc.leave(s)
	}
	s.out.add(response)
}

// lose counts a message operation whose answer never comes.
func (s *session) lose() {
	if s.operating {
		s.lost.Add(1)
	}
}

// holdBack counts the answer to a message operation that is held back until came is called. An answer that is
// lost is counted already.
func (s *session) holdBack() (came func()) {
	if !s.operating || s.now.Fate == AnswerLost {
		return func() {}
	}
	s.late.Add(1)
	return func() { s.late.Add(-1) }
}

// emit puts out what is in scratch, after the delay of the reaction if there is one, and runs then behind it.
func (s *session) emit(then func()) {
	last := s.meetFate()
	if s.now.Delay == 0 {
		s.put(s.scratch, last)
		if then != nil {
			then()
		}
		return
	}
	response := append([]byte(nil), s.scratch...)
	came := s.holdBack()
	s.delays.run(s.now.Delay, func() {
		s.put(response, last)
		came()
		if then != nil {
			then()
		}
		_ = s.out.flush() // a connection that fails is closed; its reader logs why
	})
}
