package ledger

import (
	"time"

	"readback/relay/index"
	"readback/relay/message"
)

// A message may reach its receiver only at its schedule_delivery_time, or any time until its validity
// ends, which may be later than Keep. Such a message is filed under a later day than that of its
// submission: the day from which on Keep ends when the message can no longer be read. So its entry stays
// in the index and expires with the others of that day.
const (
	// readTime is how long a message can be read when the SMSC's time for it has ended.
	readTime = 24 * time.Hour
	// maxUntil is how long after its submission the SMSC's time for a message counts. Some ESMEs set a
	// validity of years on each message, and the index has a bound nevertheless.
	maxUntil = index.MaxLasting - readTime
)

// dayOf returns the day under which a message is filed.
func (l *Partition) dayOf(s *Sent) uint16 {
	submitted := message.DayOf(s.At.UnixMilli())
	if s.Until.IsZero() {
		return submitted
	}
	until := s.Until
	if latest := s.At.Add(maxUntil); until.After(latest) {
		until = latest
	}
	like := until.Add(readTime - l.keep) // a message of then can be read for as long
	if !like.After(s.At) {
		return submitted
	}
	return max(submitted+1, message.DayOf(like.UnixMilli()))
}
