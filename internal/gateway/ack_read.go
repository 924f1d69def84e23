package gateway

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/relay"
	"readback/relay/message"
	"readback/smpp"
	"readback/udh"
)

// maxAcks is how many read responses of one ESME wait for their verdict; further ones
// are refused for now.
const maxAcks = 64

// takeAck takes a message of the ESME's that is a read response: an SME delivery
// acknowledgement (esm_class 08, SMPP 3.4 §2.11) from a receiver for whom the account may
// speak. The SMSC never sees it. It reports whether the message is one.
func (l *link) takeAck(ctx context.Context, f smpp.Frame, mayRead []account.AddressRange) (taken bool) {
	rd, ok := l.g.ackOf(f, mayRead)
	if !ok {
		return false
	}
	rd.By.Name = "account:" + l.bind.account
	head := bytes.Clone(f[:smpp.HeaderLen])
	waits := l.acks.TryGo(func() error {
		defer l.Contain()
		ctx, cancel := context.WithTimeout(ctx, readTime)
		defer cancel()
		l.answerAck(head, l.g.opt.Acks(ctx, rd))
		return nil
	})
	if !waits {
		l.answerAck(head, message.Verdict{Kind: message.VerdictUnavailable})
	}
	return true
}

// ackOf reads the read response that a message is. Whatever has another type or form, or is
// from somebody else, is none.
func (g *Gateway) ackOf(f smpp.Frame, mayRead []account.AddressRange) (rd relay.Read, ok bool) {
	if g.opt.Acks == nil || len(mayRead) == 0 {
		return rd, false
	}
	m, err := smpp.ParseMessage(f)
	if err != nil || m.ESMClass()&smpp.ESMClassType != smpp.ESMClassDeliveryAck || !holds(mayRead, m.From.Addr) {
		return rd, false
	}
	if rd, ok = readElement(m, g.opt.ReadIEI); !ok {
		rd, ok = readWords(m, g.opt.Form.Default)
	}
	rd.Receiver, rd.Sender, rd.Way = string(m.From.Addr), string(m.To.Addr), "smpp"
	return rd, ok
}

// holds reports whether one of the ranges has the address.
func holds(ranges []account.AddressRange, addr []byte) bool {
	normal, err := message.NormalAddr(addr)
	if err != nil {
		return false
	}
	for _, r := range ranges {
		if r.Has(normal.String()) {
			return true
		}
	}
	return false
}

// readElement reads the element of a read response.
func readElement(m smpp.Message, iei byte) (rd relay.Read, ok bool) {
	if !m.HasUDH() {
		return rd, false
	}
	number, status, proof, ok := udh.ReadResponse(m.UserData(), iei)
	return relay.Read{Number: number, Status: status, Proof: hex.EncodeToString(proof)}, ok
}

// readWords reads the text of a read response, which is that of the gateway's own feedback:
// number:017 status:1 read:2026-11-23T08:30:00Z, in any order and among other words. Only the number
// must be there. A word without a colon is another word, whatever it says.
func readWords(m smpp.Message, alphabet udh.Coding) (rd relay.Read, ok bool) {
	text := m.UserData()
	if m.HasUDH() || len(text) > smpp.MaxShortMessage {
		return rd, false
	}
	rd.Status = message.StatusRead
	for word := range strings.FieldsSeq(udh.Decode(text, udh.CodingOf(m.DataCoding(), alphabet))) {
		name, value, has := strings.Cut(word, ":")
		if !has {
			continue
		}
		var err error
		switch name {
		case "number":
			var n uint64
			n, err = strconv.ParseUint(value, 10, 16)
			rd.Number, ok = uint16(n), true
		case "status":
			var n uint64
			n, err = strconv.ParseUint(value, 10, 8)
			rd.Status = uint8(n)
		case "read":
			rd.ReadAt, err = time.Parse(time.RFC3339, value)
		}
		if err != nil {
			return relay.Read{}, false
		}
	}
	return rd, ok
}

// answerAck answers a read response of the ESME's by its verdict.
func (l *link) answerAck(head smpp.Frame, v message.Verdict) {
	defer l.unanswered.settle()
	status := ackStatus(v)
	out := smpp.AppendRefusal(nil, head.ID(), status, head.Seq())
	if status == smpp.StatusOK {
		id := append([]byte("read-"+rand.Text()), 0) // there is no message that it could be asked about by
		out = append(smpp.AppendHeader(nil, smpp.ResponseID(head.ID()), status, head.Seq(), len(id)), id...)
	}
	// An ESME that is gone needs no answer.
	_ = l.esme.Reply(out, head.Seq(), time.Time{})
	l.esme.Flush()
}

// ackStatus is the command_status that tells a verdict.
func ackStatus(v message.Verdict) pdu.Status {
	switch v.Kind {
	case message.VerdictAccepted:
		return smpp.StatusOK
	case message.VerdictUnavailable, message.VerdictTooMany:
		return smpp.StatusTempApp
	case message.VerdictUnauthenticated, message.VerdictForbidden:
		return smpp.StatusInvSrcAddr
	}
	return smpp.StatusSubmitFailed
}
