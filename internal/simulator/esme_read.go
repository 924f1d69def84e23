package simulator

import (
	"context"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// read handles frames until the session ends. Then it ends all requests.
func (e *ESME) read(ctx context.Context, cancel context.CancelFunc) {
	defer cancel()
	for e.reason == nil {
		f, err := e.in.Next()
		if err == nil {
			e.record(Record{Session: 1, Account: e.opt.SystemID, At: time.Now(), Frame: f})
			err = e.handle(ctx, f)
		}
		if err == nil && !e.in.Buffered() {
			err = e.out.flush()
		}
		e.reason = err
	}
	_ = e.out.flush() // an unbind_resp perhaps
	_ = e.conn.Close()
	e.mu.Lock()
	e.over = true
	pending := e.pending
	e.pending = nil
	e.mu.Unlock()
	close(e.ended)
	for _, done := range pending {
		if done != nil {
			done(nil)
		}
	}
}

// handle takes one frame; an error ends the session.
func (e *ESME) handle(ctx context.Context, f smpp.Frame) error {
	switch id := f.ID(); {
	case f.IsResponse():
		e.settle(f)
	case id == pdu.EnquireLinkID:
		e.reply(f, smpp.StatusOK)
	case id == pdu.UnbindID:
		e.reply(f, smpp.StatusOK)
		return errUnbound
	case id == pdu.AlertNotificationID || id == pdu.OutbindID:
		_ = e.choose(f) // there is no response
	case id == pdu.DeliverSMID || id == pdu.DataSMID:
		e.accept(ctx, f)
	default:
		e.out.add(smpp.AppendHeader(nil, pdu.GenericNACKID, smpp.StatusInvCmdID, f.Seq(), 0))
	}
	return nil
}

// settle takes a response to a request of ours; another one is dropped.
func (e *ESME) settle(f smpp.Frame) {
	e.mu.Lock()
	done, ok := e.pending[f.Seq()]
	delete(e.pending, f.Seq())
	e.mu.Unlock()
	if !ok {
		return
	}
	<-e.window
	if done != nil {
		done(f)
	}
}

// accept answers a message with the chosen status.
func (e *ESME) accept(ctx context.Context, f smpp.Frame) {
	response := AppendMessageResponse(nil, f, e.choose(f))
	if e.later == nil {
		e.out.add(response)
		return
	}
	e.later.put(ctx, func() { e.out.add(response) })
}

func (e *ESME) choose(f smpp.Frame) pdu.Status {
	if e.opt.OnRequest == nil {
		return smpp.StatusOK
	}
	return e.opt.OnRequest(f)
}

// AppendMessageResponse appends the answer to a deliver_sm or data_sm: its message_id
// is empty (SMPP 3.4 §4.6.2, §4.7.2).
func AppendMessageResponse(dst []byte, f smpp.Frame, status pdu.Status) []byte {
	return append(smpp.AppendHeader(dst, smpp.ResponseID(f.ID()), status, f.Seq(), 1), 0)
}

func (e *ESME) reply(f smpp.Frame, status pdu.Status) {
	e.out.add(smpp.AppendHeader(nil, smpp.ResponseID(f.ID()), status, f.Seq(), 0))
}

// enquire sends enquire_link regularly. It takes part in the window like any request. If the
// window is full, the line is busy and needs no enquire_link.
func (e *ESME) enquire(ctx context.Context) {
	t := time.NewTicker(e.opt.EnquireLink)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			_ = e.Submit(ctx, smpp.AppendHeader(nil, pdu.EnquireLinkID, 0, 0, 0), nil)
		case <-ctx.Done():
			return
		}
	}
}
