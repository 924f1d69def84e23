package numbering

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/ledger"
	"readback/relay/message"
	"readback/smpp"
)

// withProtocol is a submit_sm with another protocol_id.
func withProtocol(pid byte) smpp.Frame {
	f := shortMessage(0, 0, "Hello", nil)
	f[bytes.Index(f, []byte(subscriber))+len(subscriber)+2] = pid // NUL, esm_class
	return f
}

// Messages for the SIM card, the phone itself or a port have no text that anybody reads, even
// if they have one; their neighbours do (TS 23.040 §9.2.3.9, §9.2.3.24).
func TestSkipBinary(t *testing.T) {
	type test struct {
		name string
		f    smpp.Frame
		want Skip
	}
	var tests []test
	for _, pid := range []byte{0x00, 0x3F, 0x41, 0x47, 0x5F, 0x7B, 0x80, 0xFF} {
		tests = append(tests, test{"protocol_id of text", withProtocol(pid), Numbered})
	}
	for _, pid := range []byte{0x7C, 0x7D, 0x7E, 0x7F} {
		tests = append(tests, test{"protocol_id of data download", withProtocol(pid), Binary})
	}
	for id, want := range map[byte]Skip{
		0x03: Numbered, 0x06: Numbered, 0x6F: Numbered, 0x70: Binary, 0x71: Binary, 0x7E: Binary, 0x7F: Binary, 0x81: Numbered,
		0x80: Taken,
	} {
		tests = append(tests, test{"element", shortMessage(0, 0x40, "\x03"+string([]byte{id})+"\x01\x05Hello", nil), want})
	}
	tests = append(
		tests,
		test{"port of 8 bits", shortMessage(0, 0x40, "\x04\x04\x02\x01\x02Hello", nil), Binary},
		test{"port of 16 bits", shortMessage(0, 0x40, "\x06\x05\x04\x01\x02\x03\x04Hello", nil), Binary},
		test{"source_port", shortMessage(0, 0, "Hello", smpp.AppendTLV(nil, smpp.TagSourcePort, []byte{1, 2})), Binary},
		test{"destination_port", shortMessage(0, 0, "Hello", smpp.AppendTLV(nil, smpp.TagDestinationPort, []byte{1, 2})), Binary},
		test{"binary data_coding", shortMessage(4, 0, "Hello", nil), Binary},
	)
	for _, tt := range tests {
		out, sent, skip := interceptorOf(giving(1)).Submit(&Scratch{}, "bank", Policy{When: All}, tt.f)
		if skip != tt.want || (sent != nil) != (skip == Numbered) || skip != Numbered && !bytes.Equal(out, tt.f) {
			t.Errorf("%s: got %s, want %s, and the message as it came: % x", tt.name, skip, tt.want, []byte(tt.f))
		}
	}
}

// With a locking shift the marker's symbol is another character; with a single shift, and in
// codings that know no shift, it is not (TS 23.038 §6.2.1.2).
func TestMarkerBesideShift(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    smpp.Frame
		want Skip
	}{
		{"locking shift", shortMessage(0, 0x40, "\x03\x25\x01\x01Hello", nil), NoRoom},
		{"single shift", shortMessage(0, 0x40, "\x03\x24\x01\x01Hello", nil), Numbered},
		{"locking shift in UCS2", shortMessage(8, 0x40, "\x03\x25\x01\x01\x00H", nil), Numbered},
	} {
		i := interceptorOf(giving(7))
		for carriage, want := range map[Carriage]Skip{ByMarker: tt.want, ByElement: Numbered, Auto: Numbered} {
			if _, _, skip := i.Submit(&Scratch{}, "bank", Policy{When: All, Carriage: carriage}, tt.f); skip != want {
				t.Errorf("%s, carriage %d: got %s, want %s", tt.name, carriage, skip, want)
			}
		}
	}
	long := shortMessage(0, 0x40, "\x03\x25\x01\x01"+strings.Repeat("a", 155), nil)
	if s, skip := interceptorOf(giving(7)).Split(&Scratch{}, "bank", Policy{When: All, Carriage: ByMarker}, long); s != nil || skip != NoRoom {
		t.Errorf("cut: got %v, %s; want none, no_room", s, skip)
	}
}

// The marker goes behind the last part of a message, and behind no other.
func TestMarkerOfParts(t *testing.T) {
	for seq, want := range map[byte]Skip{1: NoRoom, 2: NoRoom, 3: Numbered} {
		f := shortMessage(0, 0x40, "\x05\x00\x03\x2A\x03"+string([]byte{seq})+"Hello", nil)
		out, _, skip := interceptorOf(giving(7)).Submit(&Scratch{}, "bank", Policy{When: All, Carriage: ByMarker}, f)
		if skip != want || bytes.Equal(out, f) == (want == Numbered) {
			t.Errorf("part %d of 3: got %s, % x, want %s", seq, skip, []byte(out), want)
		}
	}
	only := shortMessage(0, 0x40, "\x05\x00\x03\x2A\x01\x01"+strings.Repeat("a", 153), nil)
	if _, skip := interceptorOf(giving(7)).Split(&Scratch{}, "bank", Policy{When: All}, only); skip == Numbered {
		t.Error("a message with a reference of its own was cut")
	}
}

// Addresses that make no conversation leave a message without a number, and it goes on as it came.
func TestSkipAddresses(t *testing.T) {
	good, long := "10690001", strings.Repeat("1", message.MaxAddr+1)
	for _, tt := range []struct {
		name, from, to string
		want           Skip
	}{
		{"right", good, subscriber, Numbered},
		{"no source_addr", "", subscriber, NoSender},
		{"neither address", "", "", NoSender},
		{"no destination_addr", good, "", Malformed},
		{"source_addr too long", long, subscriber, Malformed},
		{"destination_addr too long", good, long, Malformed},
	} {
		tail := "\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		f := pduOf(pdu.SubmitSMID, 0, 1, "\x00\x01\x01"+tt.from+"\x00\x01\x01"+tt.to+"\x00"+tail+"\x05Hello")
		out, sent, skip := interceptorOf(giving(1)).Submit(&Scratch{}, "bank", Policy{When: All}, f)
		if skip != tt.want || (sent != nil) != (skip == Numbered) || bytes.Equal(out, f) == (skip == Numbered) {
			t.Errorf("%s: got %s, %v, want %s", tt.name, skip, sent, tt.want)
		}
		full := pduOf(pdu.SubmitSMID, 0, 1, "\x00\x01\x01"+tt.from+"\x00\x01\x01"+tt.to+"\x00"+tail+"\xA0"+strings.Repeat("a", 160))
		if s, skip := interceptorOf(giving(1)).Split(&Scratch{}, "bank", Policy{When: All}, full); skip != tt.want || (s != nil) != (skip == Numbered) {
			t.Errorf("%s, cut: got %s, %v, want %s", tt.name, skip, s, tt.want)
		}
	}
}

// What is not cut takes no number, and says why.
func TestCutSkips(t *testing.T) {
	full := strings.Repeat("a", 160)
	assigned := 0
	counting := fakeNumbers{assign: func(s *ledger.Sent) error { assigned++; return errors.New("away") }}
	for _, tt := range []struct {
		name string
		p    Policy
		f    smpp.Frame
		want Skip
	}{
		{"off", Policy{When: Off}, shortMessage(0, 0, full, nil), NotRequested},
		{"not asked for", Policy{}, shortMessage(0, 0, full, nil), NotRequested},
		{"binary", Policy{When: All}, shortMessage(4, 0, full, nil), Binary},
		{"broken header", Policy{When: All}, shortMessage(0, 0x40, "\xFF"+full, nil), Malformed},
		{"with room", Policy{When: All}, shortMessage(0, 0, "Hello", nil), NoRoom},
		{"ledger is away", Policy{When: All}, shortMessage(0, 0, full, nil), LedgerDown},
	} {
		assigned = 0
		if s, skip := interceptorOf(counting).Split(&Scratch{}, "bank", tt.p, tt.f); s != nil || skip != tt.want {
			t.Errorf("%s: got %v, %s; want none, %s", tt.name, s, skip, tt.want)
		}
		if want := map[bool]int{true: 1}[tt.want == LedgerDown]; assigned != want {
			t.Errorf("%s: asked for %d numbers, want %d", tt.name, assigned, want)
		}
	}
}

// RejectNoRoom gives back what has no room, and nothing that is skipped for another reason.
func TestRejectNoRoomOnly(t *testing.T) {
	down := fakeNumbers{assign: func(*ledger.Sent) error { return ledger.ErrDown }}
	p := Policy{When: All, Overflow: RejectNoRoom}
	for _, tt := range []struct {
		name   string
		ledger fakeNumbers
		f      smpp.Frame
		skip   Skip
		want   bool
	}{
		{"no room", fakeNumbers{}, shortMessage(0, 0, strings.Repeat("a", 160), nil), NoRoom, true},
		{"binary", fakeNumbers{}, shortMessage(4, 0, "Hello", nil), Binary, false},
		{"binary part by sar_*", fakeNumbers{}, shortMessage(4, 0, "Hello", sarParameters(9, 3, 2)), Binary, false},
		{"ledger is down", down, shortMessage(0, 0, "Hello", nil), LedgerDown, false},
	} {
		out, sent, skip := interceptorOf(tt.ledger).Submit(&Scratch{}, "bank", p, tt.f)
		if skip != tt.skip || !bytes.Equal(out, tt.f) {
			t.Errorf("%s: got %s, want %s and the message as it came", tt.name, skip, tt.skip)
		}
		if got := p.Refusal(skip, sent) != smpp.StatusOK; got != tt.want {
			t.Errorf("%s: refused %t, want %t", tt.name, got, tt.want)
		}
	}
}
