package numbering

import (
	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/access"
	"readback/relay/ledger"
	"readback/smpp"
	"readback/udh"
)

// When says which messages of an account are tracked.
type When uint8

// The values of track.when, in the order of Policy.
const (
	Requested When = iota // those that ask for a read acknowledgement (SMPP 3.4 §5.2.17)
	All
	Off
)

// Carriage says how a number travels.
type Carriage uint8

// The values of track.carriage, in the order of Policy.
const (
	ByElement Carriage = iota // in the user data header
	ByMarker                  // at the end of the text
	Auto                      // the element if it has room, else the marker if that has
)

// Overflow says what becomes of a message that has no room for its number.
type Overflow uint8

// The values of track.overflow, in the order of Policy.
const (
	SkipNoRoom   Overflow = iota // it goes on as it came
	SplitNoRoom                  // it goes on as parts of a concatenated message, each with the number
	RejectNoRoom                 // ESME_RINVMSGLEN
)

// Policy is what the operator decided for one account: settings of the section track.
type Policy struct {
	When            When     `key:"when" default:"requested" live:"yes" oneof:"requested,all,off" doc:"requested is registered_delivery bit 04"`
	Carriage        Carriage `key:"carriage" default:"udh" live:"yes" oneof:"udh,text,auto" doc:"udh is the element, text the marker, auto the element where it fits and else the marker"`
	Overflow        Overflow `key:"overflow" default:"skip" live:"yes" oneof:"skip,split,reject" doc:"a message without room goes on unnumbered, or in parts that each have the number, or is refused with ESME_RINVMSGLEN"`
	RejectOnFailure bool     `key:"on_failure" default:"pass" live:"yes" oneof:"pass,reject" doc:"while no number can be given, messages go on unnumbered, or are refused with ESME_RSYSERR"`
	SplitMulti      bool     `key:"multi" default:"pass" live:"yes" oneof:"pass,split" doc:"submit_multi goes on unnumbered, or as one submit_sm for each receiver, each with its number"`
	ForwardAckBits  bool     `key:"forward_ack_bits" live:"yes" account:"no" doc:"leave registered_delivery bits 0C set towards the SMSC"`
}

// Form says how a number looks in a message: the same for all accounts, since
// the receivers' apps know no accounts.
type Form struct {
	IEI     byte       // of the element (TS 23.040 §9.2.3.24)
	Marker  udh.Marker // symbols of the marker
	Default udh.Coding // what data_coding 0 stands for on this SMSC
	Packed  bool       // GSM 7-bit text is packed, with fill bits behind a header
	WideRef bool       // the gateway's own parts have a reference of 16 bits, not 8
	Proofs  access.Proofs
}

// Refusal is the status with which the ESME gets a message back, ESME_ROK if it goes on: as
// one that the ledger knows does, be it a part without a number.
func (p Policy) Refusal(skip Skip, sent *ledger.Sent) pdu.Status {
	switch {
	case sent != nil:
	case skip == NoRoom && p.Overflow == RejectNoRoom:
		return smpp.StatusInvMsgLen
	case skip == LedgerDown && p.RejectOnFailure:
		return smpp.StatusSysErr
	}
	return smpp.StatusOK
}

// registered is registered_delivery towards the SMSC.
func (p Policy) registered(m smpp.Message) byte {
	if p.ForwardAckBits {
		return m.RegisteredDelivery()
	}
	return m.RegisteredDelivery() &^ smpp.RegisteredAckMask
}
