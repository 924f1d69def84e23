package readresponse

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/message"
	"readback/smpp"
)

// Each verdict has a status of its own, which tells whether to try again.
func TestVerdictStatus(t *testing.T) {
	for kind, want := range map[message.VerdictKind]struct{ esme, smsc pdu.Status }{
		message.VerdictAccepted:        {smpp.StatusOK, smpp.StatusOK},
		message.VerdictNone:            {smpp.StatusSubmitFailed, smpp.StatusOK}, // not a verdict
		message.VerdictMalformed:       {smpp.StatusSubmitFailed, smpp.StatusOK},
		message.VerdictUnauthenticated: {smpp.StatusInvSrcAddr, smpp.StatusOK},
		message.VerdictForbidden:       {smpp.StatusInvSrcAddr, smpp.StatusOK},
		message.VerdictNotFound:        {smpp.StatusSubmitFailed, smpp.StatusOK},
		message.VerdictTooMany:         {smpp.StatusTempApp, smpp.StatusTempApp},
		message.VerdictFailed:          {smpp.StatusSubmitFailed, smpp.StatusOK},
		message.VerdictUnavailable:     {smpp.StatusTempApp, smpp.StatusTempApp},
	} {
		if got := ackStatus(message.Verdict{Kind: kind}); got != want.esme {
			t.Errorf("%d: got %v for the ESME, want %v", kind, got, want.esme)
		}
		if got := readStatus(message.Verdict{Kind: kind}); got != want.smsc {
			t.Errorf("%d: got %v for the SMSC, want %v", kind, got, want.smsc)
		}
	}
}
