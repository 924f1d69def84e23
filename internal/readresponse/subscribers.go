// Package readresponse takes the read responses that come as SMPP messages: from subscribers by the
// SMSC, and from ESMEs.
package readresponse

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/background"
	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/smpp"
	"readback/udh"
)

// SubmitFunc takes a read response and returns the verdict on it.
type SubmitFunc func(ctx context.Context, rd reads.Read) message.Verdict

// MaxWait bounds the verdict on a read response that came as a message: it may have to
// wait for the SMSC's answer to the message it is about.
const MaxWait = 15 * time.Second

// Subscribers takes the read responses that subscribers send as messages (docs/wire.md). The
// ESME never sees them.
type Subscribers struct {
	Submit SubmitFunc // nil: none are taken
	IEI    uint8      // identifier of the element that makes a message a read response

	// NeedProof says that each read response must show the proof of its message. Otherwise the SMSC's word
	// for who sent it is enough.
	NeedProof bool
}

// Take takes m if it is a read response, and calls answer when there is a verdict. Its sender is the
// caller, as the network says. taken is false if m is another message.
func (s Subscribers) Take(ctx context.Context, m smpp.Message, later background.Runner, answer func(pdu.Status)) (taken bool) {
	rd, ok := s.parse(m)
	if !ok {
		return false
	}
	later.Try(func() {
		ctx, cancel := context.WithTimeout(ctx, MaxWait)
		defer cancel()
		answer(readStatus(s.Submit(ctx, rd)))
	}, func() { answer(smpp.StatusTempApp) })
	return true
}

// parse reads the read response that a message is. Multipart messages, and whatever has
// another type or form, are none.
func (s Subscribers) parse(m smpp.Message) (rd reads.Read, ok bool) {
	if s.Submit == nil || !m.HasUDH() || m.ESMClass()&smpp.ESMClassType != 0 {
		return reads.Read{}, false
	}
	number, status, proof, ok := udh.ReadResponse(m.UserData(), s.IEI)
	by := access.Caller{Name: "network", NeedsProof: s.NeedProof} // which says whose message it is
	by.Source.Number, _ = message.NormalAddr(m.From.Addr)         // a malformed one is refused
	return reads.Read{
		Receiver: string(m.From.Addr), Sender: string(m.To.Addr), Number: number, Status: status,
		Proof: hex.EncodeToString(proof), Way: "sms", By: by,
	}, ok
}

// readStatus returns the status that answers a read response. With a temporary error the SMSC keeps a
// read response that may be accepted later. It must not send again one that never will be.
func readStatus(v message.Verdict) pdu.Status {
	switch v.Kind {
	case message.VerdictUnavailable, message.VerdictTooMany:
		return smpp.StatusTempApp
	}
	return smpp.StatusOK
}
