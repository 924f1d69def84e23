package gateway

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/relay"
	"readback/relay/message"
	"readback/smpp"
)

// A read response that has no verdict in time is refused for now, on either way.
func TestVerdictInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := func(ctx context.Context, _ relay.Read) message.Verdict {
			<-ctx.Done()
			return message.Verdict{Kind: message.VerdictUnavailable}
		}
		p := pipe(t, fakeLedger{}, func(o *Options) {
			o.Acks, o.Reads = r, r
			o.Policies.Default.MayRead = []account.AddressRange{{Low: "4477009", High: "4477009", Prefix: true}}
		})
		f := ack(0x08, receiver, ackText)
		p.esme.Send(f)
		if got := p.esme.NextAfter("answer to the ESME", readTime); got.ID() != pdu.SubmitSMRespID || got.Status() != smpp.StatusTempApp {
			t.Errorf("got % x, want ESME_RX_T_APPN", []byte(got))
		}
		p.smsc.Send(fromSubscriber(7, smpp.ESMClassUDHI, 0, "\x05\x81\x03\x00\x11\x01"))
		if got := p.smsc.NextAfter("answer to the SMSC", readTime); got.ID() != pdu.DeliverSMRespID || got.Status() != smpp.StatusTempApp {
			t.Errorf("got % x, want ESME_RX_T_APPN", []byte(got))
		}
	})
}

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

// A text is a read response if every word that has a name of one can be read, and the number is
// there; a text that is longer than our own is none.
func TestReadWordsBorders(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	long := strings.Repeat("x", smpp.MaxShortMessage-len("number:5 "))
	for _, tt := range []struct {
		text string
		want relay.Read
		ok   bool
	}{
		{"number:5", relay.Read{Number: 5, Status: 1}, true},
		{"number:65535 status:255", relay.Read{Number: 65535, Status: 255}, true},
		{"read:2026-11-23T08:30:00Z status:2 number:5", relay.Read{Number: 5, Status: 2, ReadAt: at}, true},
		{"number:5 " + long, relay.Read{Number: 5, Status: 1}, true},
		{"number:5 " + long + "x", relay.Read{}, false},
		{"number: 5", relay.Read{}, false},
		{"number:-1", relay.Read{}, false},
		{"number:65536", relay.Read{}, false},
		{"number:5 status:256", relay.Read{}, false},
		{"number:5 status:", relay.Read{}, false},
		{"number:5 read:yesterday", relay.Read{}, false},
		{"status:1 read:2026-11-23T08:30:00Z", relay.Read{}, false},
		{"Number:5", relay.Read{}, false},
		{"5", relay.Read{}, false},
	} {
		f := submitSM(3, 0, "", payload(tt.text))
		got, ok := readWords(parsed(t, f), DefaultOptions().Form.Default)
		if ok != tt.ok || ok && (got.Number != tt.want.Number || got.Status != tt.want.Status || !got.ReadAt.Equal(tt.want.ReadAt)) {
			t.Errorf("%q: got %+v, %t; want %+v, %t", tt.text, got, ok, tt.want, tt.ok)
		}
	}
}
