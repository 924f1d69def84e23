package simulator

import (
	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// Fault is what happens to a message for a magic receiver, chosen by the last
// four digits of destination_addr.
type Fault byte

// The faults and their receivers.
const (
	NoFault     Fault = iota
	FaultSysErr       // 0008: refused with ESME_RSYSERR
	Throttled         // 0058: refused with ESME_RTHROTTLED
	Silence           // 9000: never answered
	Hangup            // 9001: the connection is closed
)

// faultStatus is the answer of those faults that have one.
var faultStatus = map[Fault]pdu.Status{FaultSysErr: smpp.StatusSysErr, Throttled: smpp.StatusThrottled}

// FaultOf returns what happens to a message for this destination_addr.
func FaultOf(addr []byte) Fault {
	if len(addr) < 4 {
		return NoFault
	}
	switch string(addr[len(addr)-4:]) {
	case "0008":
		return FaultSysErr
	case "0058":
		return Throttled
	case "9000":
		return Silence
	case "9001":
		return Hangup
	}
	return NoFault
}
