package numbering

import (
	"bytes"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// What no person reads gets no number and is not split, whatever is to become of messages without room.
// Its neighbours are messages (SMPP 3.4 §5.2.11, §5.3.2, TS 23.040 §9.2.3.9).
func TestNoMessage(t *testing.T) {
	withTLV := func(tag smpp.Tag, value string) smpp.Frame {
		return shortMessage(0, 0, "Hello", smpp.AppendTLV(nil, tag, []byte(value)))
	}
	withService := func(service string) smpp.Frame {
		return simulator.ShortMessage{
			ServiceType: service, From: simulator.Number("10690001"), To: simulator.Number(subscriber), UserData: []byte("Hello"),
		}.Append(nil, pdu.SubmitSMID, 1)
	}
	for _, tt := range []struct {
		name string
		f    smpp.Frame
		want Skip
	}{
		{"ussd_service_op", withTLV(0x0501, "\x02"), NotAMessage},
		{"ussd_service_op without a value", withTLV(0x0501, ""), NotAMessage},
		{"its_session_info", withTLV(0x1383, "\x01\x02"), NotAMessage},
		{"its_reply_type", withTLV(0x1380, "\x00"), NotAMessage},
		{"service_type USSD", withService("USSD"), NotAMessage},
		{"service_type ussd", withService("ussd"), NotAMessage},
		{"service_type CMT", withService("CMT"), Numbered},
		{"service_type WAP", withService("WAP"), Numbered},
		{"service_type USS", withService("USS"), Numbered},
		{"silent SMS", withProtocol(0x40), NotAMessage},
		{"device triggering", withProtocol(0x48), NotAMessage},
		{"reserved protocol", withProtocol(0x49), Numbered},
		{"for an unknown unit", withTLV(0x0005, "\x00"), Numbered},
		{"for the display", withTLV(0x0005, "\x01"), Numbered},
		{"for the phone", withTLV(0x0005, "\x02"), NotAMessage},
		{"for the smart card", withTLV(0x0005, "\x03"), NotAMessage},
		{"for an external unit", withTLV(0x0005, "\x04"), NotAMessage},
		{"for who knows what", withTLV(0x0005, "\x01\x01"), NotAMessage},
		{"from the smart card", withTLV(0x000D, "\x03"), Numbered},
		{"over an unknown bearer", withTLV(0x0007, "\x00"), Numbered},
		{"over SMS", withTLV(0x0007, "\x01"), Numbered},
		{"over USSD", withTLV(0x0007, "\x04"), NotAMessage},
		{"payload by default", withTLV(0x0019, "\x00"), Numbered},
		{"payload of WCMP", withTLV(0x0019, "\x01"), NotAMessage},
		{"a vendor's parameter", withTLV(0x1501, "\x02"), Numbered},
	} {
		for _, overflow := range []Overflow{SkipNoRoom, SplitNoRoom, RejectNoRoom} {
			p := Policy{When: All, Overflow: overflow}
			out, sent, skip := interceptorOf(giving(1)).Submit(&Scratch{}, "bank", p, tt.f)
			if skip != tt.want || (sent != nil) != (skip == Numbered) || bytes.Equal(out, tt.f) != (skip != Numbered) {
				t.Errorf("%s, overflow %d: got %s, want %s", tt.name, overflow, skip, tt.want)
			}
			full, _ := viewed(t, tt.f).AppendUserData(nil, []byte(strings.Repeat("a", 160)), 0, 0)
			want := NoRoom
			if tt.want != Numbered {
				want = tt.want
			}
			_, sent, skip = interceptorOf(giving(1)).Submit(&Scratch{}, "bank", p, full)
			if refused := p.Refusal(skip, sent) != smpp.StatusOK; skip != want || refused != (want == NoRoom && overflow == RejectNoRoom) {
				t.Errorf("%s without room, overflow %d: got %s, refused %v, want %s", tt.name, overflow, skip, refused, want)
			}
		}
		if got := MultiSkip(tt.f); got != tt.want {
			t.Errorf("%s, to many: got %s, want %s", tt.name, got, tt.want)
		}
	}
	stray := shortMessage(0, 0, "Hello", []byte{0, 0, 1})
	for _, f := range []smpp.Frame{pduOf(pdu.SubmitSMID, 0, 1, "broken"), stray} {
		if got := MultiSkip(f); got != Malformed {
			t.Errorf("% x: got %s, want malformed", []byte(f), got)
		}
	}
}
