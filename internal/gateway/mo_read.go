package gateway

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/background"
	"readback/relay"
	"readback/relay/access"
	"readback/relay/message"
	"readback/smpp"
	"readback/udh"
)

// ReadFunc takes a read response and returns the verdict on it.
type ReadFunc func(ctx context.Context, rd relay.Read) message.Verdict

// readTime bounds the verdict on a read response that came as a message: it may have to
// wait for the SMSC's answer to the message it is about.
const readTime = 15 * time.Second

// takeRead takes a message from a subscriber that is a read response (docs/wire.md): the ESME
// never sees it. It reports whether the message is one. The network vouches for its sender. reply
// answers it when there is a verdict.
func (g *Gateway) takeRead(ctx context.Context, m smpp.Message, later background.Runner, reply func(pdu.Status)) (taken bool) {
	rd, ok := g.readOf(m)
	if !ok {
		return false
	}
	later.Try(func() {
		ctx, cancel := context.WithTimeout(ctx, readTime)
		defer cancel()
		reply(readStatus(g.opt.Reads(ctx, rd)))
	}, func() { reply(smpp.StatusTempApp) })
	return true
}

// readOf reads the read response that a message is. Multipart messages, and whatever has
// another type or form, are none.
func (g *Gateway) readOf(m smpp.Message) (rd relay.Read, ok bool) {
	if g.opt.Reads == nil || !m.HasUDH() || m.ESMClass()&smpp.ESMClassType != 0 {
		return relay.Read{}, false
	}
	number, status, proof, ok := udh.ReadResponse(m.UserData(), g.opt.ReadIEI)
	return relay.Read{
		Receiver: string(m.From.Addr), Sender: string(m.To.Addr), Number: number, Status: status,
		Proof: hex.EncodeToString(proof), Way: "sms", By: access.Caller{Name: "network"}, // which says whose message it is
	}, ok
}

// readStatus answers a read response: what may be accepted later the SMSC is to keep, and
// what never will be it must not send again.
func readStatus(v message.Verdict) pdu.Status {
	switch v.Kind {
	case message.VerdictUnavailable, message.VerdictTooMany:
		return smpp.StatusTempApp
	}
	return smpp.StatusOK
}
