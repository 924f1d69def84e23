package numbering

import (
	"time"

	"readback/smpp"
)

// until returns the time until which the SMSC may deliver the message: the end of its validity or its
// schedule_delivery_time, whichever is later. It is zero if the message says neither, or nothing that can
// be read. Some SMSCs count a relative validity from the scheduled time on, so it is counted from there.
func (t *tracked) until(now time.Time) (until time.Time) {
	schedule, validity := t.m.Times()
	from := now
	if at, ok := smpp.ParseTime(schedule, now); ok && at.After(now) {
		from, until = at, at
	}
	if at, ok := smpp.ParseTime(validity, from); ok && at.After(until) {
		until = at
	}
	if at := now.Add(t.tlvs.lives); t.tlvs.lives > 0 && at.After(until) {
		until = at
	}
	return until
}
