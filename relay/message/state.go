package message

// State is how far a message got. It only moves forward.
type State uint8

// The states of a message.
const (
	StateSent          State = iota // the SMSC took it
	StateExpired                    // a receipt said that it will not be delivered in time
	StateFailed                     // a receipt said that it cannot be delivered
	StateDelivered                  // a receipt said that it is on the handset
	StateRead                       // the receiver read it
	StateDeletedUnread              // the receiver deleted it without reading it
)

var stateNames = [...]string{"sent", "expired", "failed", "delivered", "read", "deleted_unread"}

// IsKnown reports whether s is one of the states above.
func (s State) IsKnown() bool { return int(s) < len(stateNames) }

func (s State) String() string {
	if s.IsKnown() {
		return stateNames[s]
	}
	return "unknown"
}

// Rank orders the states. A read response ranks over a delivery, and a delivery over a
// failure, since a failed message may still be delivered. Of two read responses the first one
// counts.
func (s State) Rank() int {
	switch s {
	case StateSent:
		return 0
	case StateExpired, StateFailed:
		return 1
	case StateDelivered:
		return 2
	}
	return 3
}

// IsFinal reports whether a read response has set the state, after which no other follows.
func (s State) IsFinal() bool { return s.Rank() == 3 }

// Forward returns the later state of s and to.
func (s State) Forward(to State) State {
	if to.Rank() > s.Rank() {
		return to
	}
	return s
}
