package simulator

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
	"readback/smpp/receipt"
)

// Further statuses of message operations (SMPP 3.4 §5.1.3).
const (
	statusInvMsgID    pdu.Status = 0x0C // ESME_RINVMSGID
	statusCancelFail  pdu.Status = 0x11 // ESME_RCANCELFAIL
	statusReplaceFail pdu.Status = 0x13 // ESME_RREPLACEFAIL
	statusInvNumDests pdu.Status = 0x33 // ESME_RINVNUMDESTS
	statusInvTLVs     pdu.Status = 0xC0 // ESME_RINVOPTPARSTREAM
)

// operate takes a message operation of a bound ESME.
func (s *session) operate(ctx context.Context, f smpp.Frame) error {
	s.operating = true
	defer func() { s.operating = false }()
	window := s.smsc.limits.Load().window
	switch {
	case !s.mayOperate(f.ID()):
		s.reply(f, smpp.StatusInvBindState)
		return nil
	case window > 0 && s.unanswered() >= window:
		s.reply(f, smpp.StatusThrottled)
		return nil
	}
	switch f.ID() {
	case pdu.SubmitSMID, pdu.DataSMID:
		return s.submit(ctx, f)
	case pdu.SubmitMultiID:
		s.submitMulti(ctx, f)
	case pdu.QuerySMID:
		s.query(ctx, f)
	case pdu.CancelSMID:
		s.cancel(ctx, f)
	case pdu.ReplaceSMID:
		s.replace(ctx, f)
	}
	return nil
}

// mayOperate reports whether the bind allows the operation (SMPP 3.4 table 2-1). The SMSC's own unbind ends it.
func (s *session) mayOperate(id pdu.ID) bool {
	return s.account.Load() != nil && !s.unbinding.Load() && (s.transmits || id == pdu.DataSMID)
}

// submit takes a submit_sm or data_sm.
func (s *session) submit(ctx context.Context, f smpp.Frame) error {
	m, err := smpp.ParseMessage(f)
	if err != nil {
		s.refuse(ctx, f, malformed(err))
		return nil
	}
	if !s.smsc.opt.PlainReceivers && !s.decided {
		switch fault := FaultOf(m.To.Addr); fault {
		case Silence:
			s.note(f, "", 0, Ignored)
			s.lose()
			return nil
		case Hangup:
			s.note(f, "", 0, Closed)
			return errHangup
		case FaultSysErr, Throttled:
			s.refuse(ctx, f, faultStatus[fault])
			return nil
		}
	}
	if m.RegisteredDelivery()&smpp.RegisteredReceipt != 0 && !s.smsc.opt.NoReceipts && s.account.Load().full() {
		s.refuse(ctx, f, smpp.StatusQueueFull)
		return nil
	}
	n := s.smsc.store.accept()
	s.accepted(f, n)
	if s.isSlow() {
		s.submitLater(ctx, n, f)
		return nil
	}
	s.emit(nil)
	s.deliver(ctx, n, m, &s.now)
	return nil
}

// submitLater answers message n when its time has come, and routes it then.
func (s *session) submitLater(ctx context.Context, n uint64, f smpp.Frame) {
	m, _ := smpp.ParseMessage(bytes.Clone(f)) // was well-formed when it came
	now := s.now
	s.send(ctx, s.smsc.unlessReset(func() { s.deliver(ctx, n, m, &now) }))
}

// deliver does what follows the answer to message n.
func (s *session) deliver(ctx context.Context, n uint64, m smpp.Message, now *Reaction) {
	if s.smsc.opt.OnSubmit != nil {
		s.note(m.Frame, string(s.smsc.store.appendID(nil, n)), smpp.StatusOK, now.Fate)
	}
	s.smsc.route(ctx, s, n, m, now.Receipt)
}

// note tells OnSubmit what becomes of a message.
func (s *session) note(f smpp.Frame, id string, status pdu.Status, fate Fate) {
	if s.smsc.opt.OnSubmit == nil || f.ID() != pdu.SubmitSMID && f.ID() != pdu.DataSMID {
		return
	}
	s.smsc.opt.OnSubmit(Submitted{Record{s.id, s.accountName(), time.Now(), f}, id, status, fate})
}

// noteBehind returns what tells OnSubmit of a refusal when the answer is out; nil if nobody asks.
func (s *session) noteBehind(f smpp.Frame, status pdu.Status) func() {
	if s.smsc.opt.OnSubmit == nil {
		return nil
	}
	if s.isSlow() {
		f = bytes.Clone(f)
	}
	fate := s.now.Fate
	return func() { s.note(f, "", status, fate) }
}

// isSlow reports whether the answer to this message is held back.
func (s *session) isSlow() bool { return s.later != nil || s.now.Delay > 0 }

// malformed is the status for a message that ParseMessage refused.
func malformed(err error) pdu.Status {
	var m *smpp.MessageError
	if errors.As(err, &m) && (m.Field == "message_payload" || m.Field == "optional parameters") {
		return statusInvTLVs
	}
	return smpp.StatusInvCmdLen
}

// accepted writes the response with the message_id of number n into scratch.
func (s *session) accepted(f smpp.Frame, n uint64) {
	const idLen = 20
	var id [idLen]byte
	text := append(s.smsc.store.appendID(id[:0], n), 0)
	if f.ID() == pdu.SubmitMultiID {
		text = append(text, 0) // no_unsuccess
	}
	s.scratch = smpp.AppendHeader(s.scratch[:0], smpp.ResponseID(f.ID()), 0, f.Seq(), len(text))
	s.scratch = append(s.scratch, text...)
}

// refuse answers an operation with a status.
func (s *session) refuse(ctx context.Context, f smpp.Frame, status pdu.Status) {
	s.scratch = smpp.AppendRefusal(s.scratch[:0], f.ID(), status, f.Seq())
	s.send(ctx, s.noteBehind(f, status))
}

// send answers an operation with what is in scratch, after the delay of the reaction or
// the response delay if there is one, and runs then behind it.
func (s *session) send(ctx context.Context, then func()) {
	if s.later == nil || s.now.Delay > 0 {
		s.emit(then)
		return
	}
	last := s.meetFate()
	response := bytes.Clone(s.scratch)
	came := s.holdBack()
	s.later.put(ctx, func() {
		s.put(response, last)
		came()
		if then != nil {
			then()
		}
	})
}

// route brings message n to its handset, at once or after DeliverAfter.
func (c *SMSC) route(ctx context.Context, s *session, n uint64, m smpp.Message, change ReceiptChange) {
	a, state := s.account.Load(), cmp.Or(change.State, receipt.Delivered)
	if c.enroute == nil {
		c.finish(a, s, n, m, state, change)
		return
	}
	c.store.hold(n, &held{a, bytes.Clone(m.Frame), change})
	c.enroute.put(ctx, c.unlessReset(func() { c.release(n, state) }))
}

// release finishes a message that was held; it does nothing if it is gone.
func (c *SMSC) release(n uint64, state receipt.State) bool {
	h := c.store.take(n)
	if h == nil {
		return false
	}
	m, err := smpp.ParseMessage(h.frame)
	if err != nil {
		return false // cannot be: it was read when it came, and replaced in its own shape
	}
	c.finish(h.from, nil, n, m, state, h.change)
	return true
}

// finish brings message n to its final state and sends the receipt.
func (c *SMSC) finish(a *account, here *session, n uint64, m smpp.Message, state receipt.State, change ReceiptChange) {
	c.store.set(n, state)
	if state == receipt.Delivered && c.network != nil {
		c.network.Receive(m)
	}
	if c.opt.NoReceipts || change.Lost || !receipt.Wanted(m.RegisteredDelivery(), state) {
		return
	}
	id := string(appendID(nil, n, cmp.Or(change.Base, c.store.base)))
	if change.After == 0 {
		c.sendReceipts(a, here, m, id, state, change)
		return
	}
	c.sendReceiptsLater(a, m.Frame, id, state, change)
}

// sendReceiptsLater sends the receipt of a message when its time has come.
func (c *SMSC) sendReceiptsLater(a *account, f smpp.Frame, id string, state receipt.State, change ReceiptChange) {
	m, _ := smpp.ParseMessage(bytes.Clone(f)) // was well-formed when it came
	c.delays.run(change.After, c.unlessReset(func() { c.sendReceipts(a, nil, m, id, state, change) }))
}

// sendReceipts sends the receipt of a message as often as change says.
func (c *SMSC) sendReceipts(a *account, here *session, m smpp.Message, id string, state receipt.State, change ReceiptChange) {
	for range max(change.Copies, 1) {
		a.offer(newReceipt(m, id, state, time.Now(), change))
	}
	a.pump(here)
}

// sendReceipt adds r to what the session writes; the account's mutex is held.
func (s *session) sendReceipt(r *waitingReceipt) {
	f := r.frame
	if !s.hasTLVs {
		f = f[:r.mandatory]
		binary.BigEndian.PutUint32(f, uint32(len(f)))
	}
	seq, _ := s.await(0, nil)
	f.SetSeq(seq)
	s.out.add(f)
}
