package permit

import (
	"bytes"
	"log/slog"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/smpp"
)

// Sender reports whether an account may send f, a request to the SMSC. senders are the addresses that it may
// send from; empty stands for all. In mirror mode a message without a source_addr passes: the SMSC gives it
// the address that it has for the account. In shared mode it would be one of the gateway's.
func (g *Gate) Sender(log *slog.Logger, f smpp.Frame, senders []account.AddressRange) bool {
	if len(senders) == 0 {
		return true
	}
	at := sourceOf(f.ID())
	if at.strings == 0 {
		return true
	}
	addr, ok := source(f, at.strings)
	if ok && (len(addr) == 0 && (at.optional || !g.shared) || account.Owns(senders, addr)) {
		return true
	}
	g.refuse(log, f.ID(), "sender", "source_addr is none of the account's senders", "sequence", f.Seq(), "sender", string(addr))
	return false
}

// place says where a request has its source_addr.
type place struct {
	strings  int  // C-octet strings in front of it; zero: it has none
	optional bool // the request is about a message that was sent before
}

// sourceOf returns where the requests with a command_id have their source_addr (SMPP 3.4 §4.4 to §4.10,
// SMPP 5.0 §4.4 to §4.6). A deliver_sm comes from an ESME only in mirror mode.
func sourceOf(id pdu.ID) place {
	switch id {
	case pdu.SubmitSMID, pdu.SubmitMultiID, pdu.DataSMID, pdu.DeliverSMID, broadcast: // service_type
		return place{1, false}
	case pdu.QuerySMID, pdu.ReplaceSMID, queryBroadcast: // message_id
		return place{1, true}
	case pdu.CancelSMID, cancelBroadcast: // service_type, message_id
		return place{2, true}
	}
	return place{}
}

// The commands of SMPP 5.0 that have a source_addr.
const (
	broadcast       pdu.ID = 0x111
	queryBroadcast  pdu.ID = 0x112
	cancelBroadcast pdu.ID = 0x113
)

// source returns source_addr, behind so many strings, and its TON and NPI. ok is false if it cannot be read.
func source(f smpp.Frame, strings int) (addr []byte, ok bool) {
	rest := f.Body()
	for range strings {
		if _, rest, ok = bytes.Cut(rest, nul); !ok {
			return nil, false
		}
	}
	addr, _, ok = bytes.Cut(rest[min(2, len(rest)):], nul)
	return addr, ok
}

var nul = []byte{0}
