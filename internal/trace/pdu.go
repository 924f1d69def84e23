package trace

import (
	"net/netip"
	"time"

	"readback/relay/message"
	"readback/smpp"
	"readback/udh"
)

// PDU is a PDU in JSON.
type PDU struct {
	Time      time.Time      `json:"time"`
	Side      string         `json:"side"`              // esme or smsc: who the peer is
	Direction string         `json:"direction"`         // in: from the peer, out: to it
	Session   uint32         `json:"session,omitempty"` // of the ESME; missing on the gateway's own binds
	Account   string         `json:"account,omitempty"`
	Local     netip.AddrPort `json:"local"` // address of the gateway
	Remote    netip.AddrPort `json:"remote"`
	Command   string         `json:"command"`
	CommandID uint32         `json:"command_id"`
	Status    string         `json:"status,omitempty"` // of a response
	Sequence  uint32         `json:"sequence"`         // sequence_number
	Fields    []Value        `json:"fields"`
	// Octets are the PDU. What is hidden is overwritten by stars.
	Octets []byte `json:"octets"`
}

// newPDU returns what the operator sees of a PDU.
func newPDU(e *Event, f *Filter, def udh.Coding) *PDU {
	frame := append(smpp.Frame(nil), e.Frame...) // other traces see it, too
	p := walk(frame)
	hide(frame, &p, f.Full)
	j := &PDU{
		Time: e.Time.UTC(), Side: "esme", Direction: "in", Session: uint32(e.ID), Account: message.Shown(e.Account), Local: e.Local, Remote: e.Remote,
		Command: smpp.Command(frame.ID()), CommandID: uint32(frame.ID()), Sequence: frame.Seq(),
		Fields: append(values(frame, &p, def, f.Full), receiptValues(e.Frame)...), Octets: frame,
	}
	if e.IsSMSC {
		j.Side = "smsc"
	}
	if e.Sent {
		j.Direction = "out"
	}
	if frame.IsResponse() {
		j.Status = smpp.StatusName(frame.Status())
	}
	return j
}

// Ends returns the addresses from which and to which the PDU was sent.
func (p *PDU) Ends() (from, to netip.AddrPort) {
	if p.Direction == "out" {
		return p.Local, p.Remote
	}
	return p.Remote, p.Local
}
