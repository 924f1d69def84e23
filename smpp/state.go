package smpp

import "github.com/fiorix/go-smpp/smpp/pdu"

// State is the state of a session (SMPP 3.4 §2.2). States are bits, so that the rules look
// like table 2-1.
type State uint8

// The states of SMPP 3.4 §2.2.
const (
	Open State = 1 << iota
	BoundTX
	BoundRX
	BoundTRX
	Closed

	bound      = BoundTX | BoundRX | BoundTRX
	submitting = BoundTX | BoundTRX
	receiving  = BoundRX | BoundTRX
)

// rules is SMPP 3.4 table 2-1: in which states the ESME and the SMSC may send a request. SMPP
// 5.0 §2.4 adds the broadcasts, replace_sm as a transceiver, and unbind before the bind. An
// SMSC that sends outbind connects to us as an ESME does; the session allows it, so that the
// handler can refuse it. A request that is not listed is allowed in any bound state.
var rules = map[pdu.ID]struct{ esme, smsc State }{
	pdu.BindTransmitterID:   {esme: Open},
	pdu.BindReceiverID:      {esme: Open},
	pdu.BindTransceiverID:   {esme: Open},
	pdu.OutbindID:           {esme: Open, smsc: Open},
	pdu.UnbindID:            {esme: Open | bound, smsc: Open | bound},
	pdu.SubmitSMID:          {esme: submitting},
	pdu.SubmitMultiID:       {esme: submitting},
	pdu.DataSMID:            {esme: bound, smsc: bound},
	pdu.DeliverSMID:         {smsc: receiving},
	pdu.QuerySMID:           {esme: submitting},
	pdu.CancelSMID:          {esme: submitting},
	pdu.ReplaceSMID:         {esme: submitting},
	pdu.EnquireLinkID:       {esme: Open | bound, smsc: Open | bound},
	pdu.AlertNotificationID: {smsc: receiving},
	0x00000111:              {esme: submitting}, // broadcast_sm
	0x00000112:              {esme: submitting}, // query_broadcast_sm
	0x00000113:              {esme: submitting}, // cancel_broadcast_sm
}

// Check returns StatusOK if the SMSC (fromSMSC) or the ESME may send the request id in state
// s, and otherwise the status of the refusal.
func (s State) Check(id pdu.ID, fromSMSC bool) pdu.Status {
	rule, ok := rules[id]
	allowed := rule.esme
	if fromSMSC {
		allowed = rule.smsc
	}
	switch {
	case !ok && s&bound != 0, allowed&s != 0:
		return StatusOK
	case !ok:
		return StatusInvCmdID
	case IsBind(id) && s&bound != 0:
		return StatusAlreadyBound
	}
	return StatusInvBindState
}

// CanReceive reports whether deliver_sm may be sent to the ESME.
func (s State) CanReceive() bool { return s&receiving != 0 }

// IsBound reports whether a bind has succeeded and no unbind followed.
func (s State) IsBound() bool { return s&bound != 0 }

// Common returns the state with what is allowed in both of two bound states; zero if that is nothing.
func (s State) Common(other State) State {
	switch {
	case s == other, other == BoundTRX:
		return s
	case s == BoundTRX:
		return other
	}
	return 0
}

// IsBind reports whether id is one of the three bind requests.
func IsBind(id pdu.ID) bool { return BindState(id) != 0 }

// BindState is the state that the bind request id leads to, zero for other requests.
func BindState(id pdu.ID) State {
	switch id {
	case pdu.BindTransmitterID:
		return BoundTX
	case pdu.BindReceiverID:
		return BoundRX
	case pdu.BindTransceiverID:
		return BoundTRX
	}
	return 0
}

// HasResponse reports whether the request id is ever answered (SMPP 3.4 §4.1.7, §4.12).
func HasResponse(id pdu.ID) bool {
	return id != pdu.OutbindID && id != pdu.AlertNotificationID
}
