package receipt

import (
	"bytes"
	"fmt"

	"readback/smpp"
)

// State is message_state (SMPP 3.4 §5.2.28). Zero stands for a receipt that has none.
type State byte

// The states of SMPP 3.4.
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
	Expired:       {"EXPIRED", "EXPIRED", 3},
	Deleted:       {"DELETED", "DELETED", 4},
	Undeliverable: {"UNDELIVERABLE", "UNDELIV", 5},
	Accepted:      {"ACCEPTED", "ACCEPTD", 0},
	Unknown:       {"UNKNOWN", "UNKNOWN", 2},
	Rejected:      {"REJECTED", "REJECTD", 6},
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

// IsFinal reports whether no other state can follow. UNKNOWN counts as final, although some
// SMSCs send another receipt later.
func (s State) IsFinal() bool { return s.severity() > 0 }

// severity orders the final states. It is zero for the others.
func (s State) severity() int {
	if s.isStandard() {
		return states[s].severity
	}
	return 0
}

func (s State) isStandard() bool { return s > 0 && int(s) < len(states) }

// ParseStat returns the state that a receipt's text names, in any case. It returns zero for
// a word that is none of SMPP 3.4 Appendix B.
func ParseStat(word []byte) State {
	for s := Enroute; int(s) < len(states); s++ {
		if bytes.EqualFold(word, []byte(states[s].stat)) {
			return s
		}
	}
	return 0
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
		return s != Delivered
	case wantedOnSuccess:
		return s == Delivered
	}
	return true
}
