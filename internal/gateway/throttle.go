package gateway

import (
	"time"

	"readback/smpp"
)

// room is the window of one bind as the SMSC lets it be: halved when it says that
// it has too much, and widened by one request a round trip when it does not. Pure;
// the slot guards it.
type room struct {
	window float64
	halved time.Time
}

// halveEvery keeps the answers to one burst from halving the window many times.
const halveEvery = 100 * time.Millisecond

// congested is the congestion_state from which on an SMSC is near its limit
// (SMPP 5.0 §4.8.4.18).
const congested = 90

// answered moves the window by one answer of the SMSC's, between 1 and most.
func (r *room) answered(throttled bool, now time.Time, most int) int {
	switch {
	case !throttled:
		r.window = min(r.window+1/r.window, float64(most))
	case now.Sub(r.halved) >= halveEvery:
		r.window, r.halved = max(r.window/2, 1), now
	}
	return int(r.window)
}

// throttled reports whether the SMSC says, by its status or by congestion_state,
// that it gets too much.
func throttled(f smpp.Frame) bool {
	switch f.Status() {
	case smpp.StatusThrottled, smpp.StatusQueueFull:
		return true
	}
	if f.Status() != smpp.StatusOK || len(f.Body()) == 0 {
		return false
	}
	return congestionState(f) >= congested
}

// congestionState is that of an answer with a message_id in front, zero if it has
// none.
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
