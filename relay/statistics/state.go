package statistics

import "readback/relay/message"

// The states that are counted.
const (
	delivered = iota
	failed
	expired
	read
	deletedUnread
	reported
	states
)

var stateNames = [states]string{
	message.StateDelivered.String(), message.StateFailed.String(), message.StateExpired.String(),
	message.StateRead.String(), message.StateDeletedUnread.String(), string(message.ChangeReported),
}

// stateOf returns the state that a change leads to; false if it is not counted.
func stateOf(c message.Change) (state int, ok bool) {
	for s, name := range stateNames {
		if name == string(c) {
			return s, true
		}
	}
	return 0, false
}
