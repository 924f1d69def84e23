package simulator

import (
	"context"
	"fmt"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// Deliver sends a request of the caller's making to a session of the account and
// waits for its response, whose status it returns; a generic_nack counts. The
// octets go out as they are, but for a sequence_number of zero, which is filled
// in. deliver_sm, data_sm and alert_notification go to a session that can
// receive, anything else to any; several sessions take turns; an empty account
// stands for any. What has no response (alert_notification, outbind, responses)
// is only sent.
func (c *SMSC) Deliver(ctx context.Context, account string, frame []byte) (pdu.Status, error) {
	f, err := checkFrame(frame)
	if err != nil {
		return 0, err
	}
	s := c.pick(account, f.ID())
	if s == nil {
		return 0, ErrNotBound
	}
	if f.IsResponse() || f.ID() == pdu.AlertNotificationID || f.ID() == pdu.OutbindID {
		if f.Seq() == 0 && !f.IsResponse() {
			f.SetSeq(s.nextSeq())
		}
		s.out.add(f)
		return smpp.StatusOK, s.out.flush()
	}
	return s.call(ctx, f)
}

// pick chooses the session for a request id.
func (c *SMSC) pick(account string, id pdu.ID) *session {
	receiver := id == pdu.DeliverSMID || id == pdu.DataSMID || id == pdu.AlertNotificationID
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.accounts {
		if account != "" && account != a.name {
			continue
		}
		if s := a.pick(func(s *session) bool { return s.receives || !receiver }); s != nil {
			return s
		}
	}
	return nil
}

// call sends f and waits for its response.
func (s *session) call(ctx context.Context, f smpp.Frame) (pdu.Status, error) {
	answer := make(chan pdu.Status, 1)
	seq, ok := s.await(f.Seq(), answer)
	if !ok {
		return 0, ErrSeqInUse
	}
	f.SetSeq(seq)
	s.out.add(f)
	if err := s.out.flush(); err != nil {
		return 0, err
	}
	select {
	case status := <-answer:
		return status, nil
	case <-s.gone:
		select {
		case status := <-answer: // it came last
			return status, nil
		default:
			return 0, ErrGone
		}
	case <-ctx.Done():
		s.mu.Lock()
		delete(s.pending, seq)
		s.mu.Unlock()
		return 0, fmt.Errorf("the ESME has not answered: %w", context.Cause(ctx))
	}
}

// await registers a request of the SMSC under seq, or under the next number if
// seq is zero. ok is false if seq is in use.
func (s *session) await(seq uint32, answer chan<- pdu.Status) (used uint32, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq == 0 {
		seq = s.advance()
		for _, taken := s.pending[seq]; taken; _, taken = s.pending[seq] {
			seq = s.advance()
		}
	} else if _, taken := s.pending[seq]; taken {
		return seq, false
	}
	s.pending[seq] = answer
	return seq, true
}

func (s *session) nextSeq() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.advance()
}

// advance returns the next sequence_number; mu is held.
func (s *session) advance() uint32 {
	seq := s.seq
	if s.seq++; s.seq > smpp.MaxSeq {
		s.seq = s.smsc.opt.FirstSeq
	}
	return seq
}

// settle takes a response to a request of the SMSC; one that nobody waits for is
// dropped.
func (s *session) settle(f smpp.Frame) {
	s.mu.Lock()
	answer, ok := s.pending[f.Seq()]
	delete(s.pending, f.Seq())
	s.mu.Unlock()
	if !ok {
		return
	}
	if s.enquiry.CompareAndSwap(f.Seq(), 0) {
		return
	}
	if answer == nil {
		s.account.Load().answered(s)
		return
	}
	answer <- f.Status() // has room: one response for one request
}
