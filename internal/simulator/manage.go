package simulator

import (
	"context"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
	"readback/smpp/receipt"
)

// submitMulti accepts a message to many; it reaches no handset (SMPP 3.4 §4.5.1).
func (s *session) submitMulti(ctx context.Context, f smpp.Frame) {
	r := fields{b: f.Body()}
	r.cstring() // service_type
	r.address()
	dests := int(r.octet())
	for range dests {
		switch r.octet() { // dest_flag
		case 1:
			r.address()
		case 2:
			r.cstring() // dl_name
		default:
			r.bad = true
		}
	}
	r.octets(3)              // esm_class, protocol_id, priority_flag
	r.cstring()              // schedule_delivery_time
	r.cstring()              // validity_period
	r.octets(4)              // registered_delivery … sm_default_msg_id
	r.octets(int(r.octet())) // short_message
	switch {
	case r.bad:
		s.refuse(ctx, f, smpp.StatusInvCmdLen)
	case dests == 0:
		s.refuse(ctx, f, statusInvNumDests)
	default:
		n := s.smsc.store.accept()
		s.smsc.store.set(n, receipt.Delivered)
		s.accepted(f, n)
		s.send(ctx, nil)
	}
}

// query answers how far a message got (SMPP 3.4 §4.8).
func (s *session) query(ctx context.Context, f smpp.Frame) {
	r := fields{b: f.Body()}
	id := r.cstring()
	r.address()
	n, known := s.smsc.store.parseID(id)
	state, remembered := s.smsc.store.state(n)
	switch {
	case r.bad:
		s.refuse(ctx, f, smpp.StatusInvCmdLen)
		return
	case !known || !remembered:
		s.refuse(ctx, f, statusInvMsgID)
		return
	}
	body := append(append([]byte(nil), id...), 0)
	if state != receipt.Enroute {
		body = append(body, time.Now().UTC().Format("060102150405")+"000+"...) // final_date
	}
	body = append(body, 0, byte(state), 0)
	s.scratch = smpp.AppendHeader(s.scratch[:0], pdu.QuerySMRespID, 0, f.Seq(), len(body))
	s.scratch = append(s.scratch, body...)
	s.send(ctx, nil)
}

// cancel deletes a message that is ENROUTE (SMPP 3.4 §4.9).
func (s *session) cancel(ctx context.Context, f smpp.Frame) {
	r := fields{b: f.Body()}
	r.cstring() // service_type
	id := r.cstring()
	r.address()
	r.address()
	n, known := s.smsc.store.parseID(id)
	status := smpp.StatusOK
	switch {
	case r.bad:
		status = smpp.StatusInvCmdLen
	case !known || !s.smsc.release(n, receipt.Deleted):
		status = statusCancelFail
	}
	s.conclude(ctx, f, status)
}

// replace gives a message that is ENROUTE another text and registered_delivery
// (SMPP 3.4 §4.10).
func (s *session) replace(ctx context.Context, f smpp.Frame) {
	r := fields{b: f.Body()}
	id := r.cstring()
	r.address()
	r.cstring() // schedule_delivery_time
	r.cstring() // validity_period
	registeredDelivery := r.octet()
	r.octet() // sm_default_msg_id
	text := r.octets(int(r.octet()))
	n, known := s.smsc.store.parseID(id)
	status := smpp.StatusOK
	switch {
	case r.bad:
		status = smpp.StatusInvCmdLen
	case !known || !s.smsc.store.replace(n, func(h *held) bool { return h.replace(text, registeredDelivery) }):
		status = statusReplaceFail
	}
	s.conclude(ctx, f, status)
}

// replace makes the held message say text.
func (h *held) replace(text []byte, registeredDelivery byte) bool {
	m, err := smpp.ParseMessage(h.frame)
	if err != nil {
		return false
	}
	f, ok := m.AppendUserData(nil, text, m.ESMClass(), registeredDelivery)
	if ok {
		h.frame = f
	}
	return ok
}

// conclude answers an operation whose response is a header alone.
func (s *session) conclude(ctx context.Context, f smpp.Frame, status pdu.Status) {
	s.scratch = smpp.AppendHeader(s.scratch[:0], smpp.ResponseID(f.ID()), status, f.Seq(), 0)
	s.send(ctx, nil)
}
