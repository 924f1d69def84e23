package pool

import "readback/smpp"

// throttling is a handler that moves the session's window by each answer of the SMSC.
type throttling[R any] struct {
	Handler[R]
	session *smpp.Session[R]
	window  window // owned by the session's read goroutine
}

// Response moves the window, and passes the answer on.
func (t *throttling[R]) Response(f smpp.Frame, to smpp.Pending[R]) error {
	t.session.SetWindow(t.window.answered(throttled(f), t.session.Arrived()))
	return t.Handler.Response(f, to)
}

// congested is the congestion_state from which on an SMSC is near its limit
// (SMPP 5.0 §4.8.4.18).
const congested = 90

// throttled reports whether the SMSC says with its answer f that it gets too much, by the status or
// by congestion_state.
func throttled(f smpp.Frame) bool {
	if smpp.Throttled(f.Status()) {
		return true
	}
	if f.Status() != smpp.StatusOK || len(f.Body()) == 0 {
		return false
	}
	return congestionState(f) >= congested
}

// congestionState returns the congestion_state of an answer that begins with a message_id; zero if
// it has none.
func congestionState(f smpp.Frame) byte {
	body := f.Body()
	r := smpp.TLVs(body[min(len(smpp.MessageID(f))+1, len(body)):])
	for tlv, ok := r.Next(); ok; tlv, ok = r.Next() {
		if tlv.Tag == smpp.TagCongestionState && len(tlv.Value) == 1 {
			return tlv.Value[0]
		}
	}
	return 0
}
