package receipt

import (
	"fmt"

	"readback/smpp"
)

// State is message_state (SMPP 3.4 §5.2.28).
type State byte

// The states of SMPP 3.4. SMPP 5.0 §4.7.15 has two more: SCHEDULED is read as Enroute, and SKIPPED
// as Undeliverable, so that stacks that know SMPP 3.4 only understand what the gateway makes of them.
const (
	Enroute       State = 1
	Delivered     State = 2
	Expired       State = 3
	Deleted       State = 4
	Undeliverable State = 5
	Accepted      State = 6
	Unknown       State = 7
	Rejected      State = 8
)

// states holds what is known of each state.
var states = [...]struct {
	name     string // in SMPP 3.4 §5.2.28
	stat     string // in the text of a receipt, SMPP 3.4 Appendix B
	severity int    // among the final states; 0: the state is not final
}{
	Enroute:       {"ENROUTE", "ENROUTE", 0},
	Delivered:     {"DELIVERED", "DELIVRD", 1},
	Accepted:      {"ACCEPTED", "ACCEPTD", 2},
	Unknown:       {"UNKNOWN", "UNKNOWN", 3},
	Expired:       {"EXPIRED", "EXPIRED", 4},
	Deleted:       {"DELETED", "DELETED", 5},
	Undeliverable: {"UNDELIVERABLE", "UNDELIV", 6},
	Rejected:      {"REJECTED", "REJECTD", 7},
}

// String returns the name of the state in SMPP 3.4 §5.2.28.
func (s State) String() string {
	if s.isStandard() {
		return states[s].name
	}
	return fmt.Sprintf("message_state %d", byte(s))
}

// Stat returns the state as the text of a receipt has it, and an empty string for a state
// that no text can have.
func (s State) Stat() string {
	if s.isStandard() {
		return states[s].stat
	}
	return ""
}

// IsFinal reports whether s may be the last word on a message. ACCEPTED and UNKNOWN may be: some SMSCs
// never send another receipt, and others do (see yieldsTo).
func (s State) IsFinal() bool { return s.severity() > 0 }

// yieldsTo reports whether a later receipt in the state next takes the place of one in the state s.
// ACCEPTED yields to every other final state, and UNKNOWN to those that say what became of the message.
func (s State) yieldsTo(next State) bool {
	switch s {
	case 0: // no receipt yet
		return true
	case Accepted:
		return next != Accepted
	case Unknown:
		return next != Unknown && next != Accepted
	}
	return false
}

// severity orders the final states. It is zero for the others.
func (s State) severity() int {
	if s.isStandard() {
		return states[s].severity
	}
	return 0
}

func (s State) isStandard() bool { return s > 0 && int(s) < len(states) }

// parseMessageState reads the value of message_state. ok is false for a value of another length and for
// one of no standard: the text may say more.
func parseMessageState(value []byte) (s State, ok bool) {
	const scheduled, skipped = 0, 9 // of SMPP 5.0 §4.7.15
	if len(value) != 1 {
		return 0, false
	}
	switch v := value[0]; v {
	case scheduled:
		return Enroute, true
	case skipped:
		return Undeliverable, true
	default:
		s = State(v)
		return s, s.isStandard()
	}
}

// Values of registered_delivery that ask for a receipt of some states (SMPP 3.4 §5.2.17; the
// last one is of SMPP 5.0 §4.7.21).
const (
	wantedOnFailure = 0x02
	wantedOnSuccess = 0x03
)

// Wanted reports whether registered_delivery asks for a receipt of the final state s.
func Wanted(registeredDelivery byte, s State) bool {
	switch registeredDelivery & smpp.RegisteredReceipt {
	case 0:
		return false
	case wantedOnFailure:
		return s != Delivered && s != Accepted
	case wantedOnSuccess:
		return s == Delivered
	}
	return true
}
