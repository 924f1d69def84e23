package readresponse

import (
	"bytes"
	"context"
	"crypto/rand"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/background"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/smpp"
	"readback/udh"
)

// ESMEs takes the read responses of ESMEs: SME delivery acknowledgements (esm_class 08,
// SMPP 3.4 §2.11) from receivers for whom the account may speak. The SMSC never sees them.
type ESMEs struct {
	Submit   SubmitFunc // nil: none are taken
	IEI      uint8      // identifier of the element of a read response
	Alphabet udh.Coding // that data_coding 0 means
}

// Take submits rd, which Parse has found in the message f of the account, and calls answer with the
// response when there is a verdict.
func (e ESMEs) Take(ctx context.Context, name string, f smpp.Frame, rd reads.Read, later background.Runner, answer func(smpp.Frame)) {
	rd.By.Name = "account:" + name
	head := bytes.Clone(f[:smpp.HeaderLen])
	later.Try(func() {
		ctx, cancel := context.WithTimeout(ctx, MaxWait)
		defer cancel()
		answer(ackResponse(head, e.Submit(ctx, rd)))
	}, func() {
		answer(ackResponse(head, message.Verdict{Kind: message.VerdictUnavailable}))
	})
}

// Parse reads the read response that the message f is, from a receiver in mayRead. Whatever has
// another type or form, or is from somebody else, is none; that allocates nothing.
func (e ESMEs) Parse(f smpp.Frame, mayRead []account.AddressRange) (rd reads.Read, ok bool) {
	if e.Submit == nil || len(mayRead) == 0 {
		return rd, false
	}
	m, err := smpp.ParseMessage(f)
	if err != nil || m.ESMClass()&smpp.ESMClassType != smpp.ESMClassDeliveryAck || !account.Owns(mayRead, m.From.Addr) {
		return rd, false
	}
	if rd, ok = readElement(m, e.IEI); !ok {
		rd, ok = readWords(m, e.Alphabet)
	}
	rd.Receiver, rd.Sender, rd.Way = string(m.From.Addr), string(m.To.Addr), "smpp"
	return rd, ok
}

// ackResponse is the response to a read response of the ESME's, by its verdict.
func ackResponse(head smpp.Frame, v message.Verdict) smpp.Frame {
	status := ackStatus(v)
	if status != smpp.StatusOK {
		return smpp.AppendRefusal(nil, head.ID(), status, head.Seq())
	}
	id := append([]byte("read-"+rand.Text()), 0) // there is no message that it could be asked about by
	return append(smpp.AppendHeader(nil, smpp.ResponseID(head.ID()), status, head.Seq(), len(id)), id...)
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
