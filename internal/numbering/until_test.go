package numbering

import (
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/ledger"
	"readback/smpp"
)

// The ledger learns until when the SMSC may deliver a message.
func TestUntil(t *testing.T) {
	const head, middle = "\x00\x01\x01+1\x00\x01\x01447700900123\x00\x00\x00\x00", "\x04\x00\x00\x00\x02Hi"
	hours := func(n time.Duration) func(time.Time) time.Time {
		return func(at time.Time) time.Time { return at.Add(n * time.Hour) }
	}
	at := time.Now().UTC().Add(20 * 24 * time.Hour).Truncate(time.Second)
	absolute := at.Format("060102150405") + "000+"
	for _, tt := range []struct {
		name, schedule, validity string
		want                     func(sent time.Time) time.Time // nil: not said
	}{
		{"nothing", "", "", nil},
		{"valid", "", "000003000000000R", hours(72)},
		{"valid, absolute", "", absolute, func(time.Time) time.Time { return at }},
		{"scheduled", absolute, "", func(time.Time) time.Time { return at }},
		{"scheduled, relative", "000000050000000R", "", hours(5)},
		{"scheduled, and valid behind that", "000000050000000R", "000000030000000R", hours(8)},
		{"scheduled, and valid for less", absolute, "000000030000000R", func(time.Time) time.Time { return at.Add(3 * time.Hour) }},
		{"scheduled, and over before", absolute, "200101000000000+", func(time.Time) time.Time { return at }},
		{"scheduled in the past", "200101000000000+", "000000030000000R", hours(3)},
		{"malformed", "tomorrow", "000000030000000", nil},
		{"malformed, and valid", "tomorrow", "000000030000000R", hours(3)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := pduOf(pdu.SubmitSMID, 0, 1, head+tt.schedule+"\x00"+tt.validity+"\x00"+middle)
			wantUntil(t, f, tt.want)
		})
	}
	ttl := string(smpp.AppendTLV(smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte("Hi")), smpp.TagQosTimeToLive, []byte{0, 0, 0x0E, 0x10}))
	wantUntil(t, pduOf(pdu.DataSMID, 0, 1, "\x00\x01\x01+1\x00\x01\x01447700900123\x00\x00\x04\x00"+ttl), hours(1))
}

func wantUntil(t *testing.T, f smpp.Frame, want func(sent time.Time) time.Time) {
	t.Helper()
	var told ledger.Sent
	i := interceptorOf(fakeNumbers{assign: func(s *ledger.Sent) error { told = *s; return nil }})
	if _, _, skip := i.Submit(new(Scratch), "bank", Policy{When: All}, f); skip != Numbered {
		t.Fatalf("got skip %v", skip)
	}
	if want == nil {
		if !told.Until.IsZero() {
			t.Errorf("got %v, want nothing", told.Until)
		}
		return
	}
	if got := told.Until; !got.Equal(want(told.At)) {
		t.Errorf("got %v, want %v", got, want(told.At))
	}
}
