package gateway

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/readresponse"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/smpp"
)

// A read response that has no verdict in time is refused for now, on either way.
func TestVerdictInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := func(ctx context.Context, _ reads.Read) message.Verdict {
			<-ctx.Done()
			return message.Verdict{Kind: message.VerdictUnavailable}
		}
		p := pipe(t, fakeLedger{}, func(o *Options) {
			o.Acks, o.Reads = r, r
			o.Policies.Default.MayRead = []account.AddressRange{{Low: "4477009", High: "4477009", Prefix: true}}
		})
		f := ack(0x08, receiver, ackText)
		p.esme.Send(f)
		if got := p.esme.NextAfter("answer to the ESME", readresponse.MaxWait); got.ID() != pdu.SubmitSMRespID || got.Status() != smpp.StatusTempApp {
			t.Errorf("got % x, want ESME_RX_T_APPN", []byte(got))
		}
		p.smsc.Send(fromSubscriber(7, smpp.ESMClassUDHI, 0, "\x05\x81\x03\x00\x11\x01"))
		if got := p.smsc.NextAfter("answer to the SMSC", readresponse.MaxWait); got.ID() != pdu.DeliverSMRespID || got.Status() != smpp.StatusTempApp {
			t.Errorf("got % x, want ESME_RX_T_APPN", []byte(got))
		}
	})
}
