package smpp

import (
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

func TestParseTime(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ in, want string }{
		{"261224183000000+", "2026-12-24T18:30:00Z"},
		{"261224183000904+", "2026-12-24T17:30:00Z"}, // an hour ahead of UTC
		{"261224183000020-", "2026-12-24T23:30:00Z"}, // five hours behind
		{"261224183000022+", "2026-12-24T13:00:00Z"}, // 5:30 ahead
		{"270101003000004+", "2026-12-31T23:30:00Z"},
		{"280229000000000+", "2028-02-29T00:00:00Z"},
		{"991231235959000+", "1999-12-31T23:59:59Z"},
		{"760101000000000+", "2076-01-01T00:00:00Z"},
		{"261224183000048-", "2026-12-25T06:30:00Z"},
		{"000000240000000R", "2026-11-30T12:00:00Z"},
		{"000007000000000R", "2026-12-06T12:00:00Z"},
		{"000100000000000R", "2026-12-29T12:00:00Z"},
		{"010203040506000R", "2028-02-01T16:05:06Z"},
		{"000063000000748R", "2027-01-31T12:00:00Z"},
		{"999999999999000R", "2134-06-12T16:40:39Z"},
		{"000000000000000R", "2026-11-29T12:00:00Z"},
	} {
		want, err := time.Parse(time.RFC3339, tt.want)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := ParseTime([]byte(tt.in), now); !ok || !got.Equal(want) {
			t.Errorf("%s: got %v, %v, want %v", tt.in, got, ok, want)
		}
	}
	for _, in := range []string{
		"", "0", "261224183000000", "261224183000000+0", "261224183000000Z", "261224183000000r", "2612241830000 0+", "2x1224183000000+",
		"261324183000000+", "260024183000000+", "261232183000000+", "260229183000000+", "261200183000000+", "261224243000000+", "261224186000000+",
		"261224183060000+", "261224183000049+", "261224183000x00+", "00000024000000/R", "0000:0240000000R", "-00007000000000R",
	} {
		if got, ok := ParseTime([]byte(in), now); ok {
			t.Errorf("%q: got %v, want none", in, got)
		}
	}
}

// The times stand behind priority_flag. A data_sm has none.
func TestTimes(t *testing.T) {
	head := "\x00\x01\x01+1\x00\x01\x01+2\x00\x00"
	for _, tt := range []struct {
		id                       pdu.ID
		body, schedule, validity string
	}{
		{pdu.SubmitSMID, head + "\x00\x00" + "261224183000000+\x00000007000000000R\x00" + "\x00\x00\x00\x00\x00", "261224183000000+", "000007000000000R"},
		{pdu.SubmitSMID, head + "\x00\x00" + "\x00x\x00" + "\x00\x00\x00\x00\x00", "", "x"},
		{pdu.SubmitSMID, head + "\x00\x00" + "\x00\x00" + "\x00\x00\x00\x00\x00", "", ""},
		{pdu.DataSMID, head + "\x00\x00", "", ""},
	} {
		f := newFrame(tt.id, 0, 1, tt.body)
		m, err := ParseMessage(f)
		if err != nil {
			t.Fatal(err)
		}
		if s, v := m.Times(); string(s) != tt.schedule || string(v) != tt.validity {
			t.Errorf("got %q and %q, want %q and %q", s, v, tt.schedule, tt.validity)
		}
	}
}
