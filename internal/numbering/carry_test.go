package numbering

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/relay/access"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/smpp"
	"readback/udh"
)

// submitSM is a submit_sm with a text and optional parameters.
func shortMessage(dataCoding, esmClass byte, ud string, tlvs []byte) smpp.Frame {
	return simulator.ShortMessage{
		From: simulator.Number("10690001"), To: simulator.Number(subscriber),
		DataCoding: dataCoding, ESMClass: esmClass, UserData: []byte(ud), TLVs: tlvs,
	}.Append(nil, pdu.SubmitSMID, 1)
}

// TestPartsFollow shows which parts without room the ledger hears of.
func TestPartsFollow(t *testing.T) {
	full := shortMessage(0, 0x40, "\x05\x00\x03\x2A\x02\x01"+strings.Repeat("a", 153), nil)
	first := shortMessage(0, 0x40, "\x05\x00\x03\x2A\x02\x01Hello", nil)
	whole := shortMessage(0, 0, strings.Repeat("a", 160), nil)
	for _, tt := range []struct {
		name string
		p    Policy
		f    smpp.Frame
		want bool
	}{
		{"full part", Policy{When: All}, full, true},
		{"full part, split", Policy{When: All, Overflow: SplitNoRoom}, full, true},
		{"full part, reject", Policy{When: All, Overflow: RejectNoRoom}, full, false},
		{"full part by sar_*, reject", Policy{When: All, Overflow: RejectNoRoom}, shortMessage(0, 0, strings.Repeat("a", 154), sarParameters(9, 3, 2)), false},
		{"the marker waits for the last part", Policy{When: All, Carriage: ByMarker, Overflow: RejectNoRoom}, first, true},
		{"message of its own", Policy{When: All}, whole, false},
		{"not asked for", Policy{}, full, false},
	} {
		l, followed := fakeNumbers{}, false
		l.follow = func(*ledger.Sent) bool { followed = true; return true }
		out, sent, skip := interceptorOf(l).Submit(&Scratch{}, "bank", tt.p, tt.f)
		if followed != tt.want || (sent != nil) != tt.want || skip == Numbered || !bytes.Equal(out, tt.f) {
			t.Errorf("%s: followed %v, skip %s, want followed %v and the part as it came", tt.name, followed, skip, tt.want)
		}
	}
}

// TestPartsThatCannotFollow shows that the ledger, not the length of its text, is why a part
// that would wait for the last one is not known.
func TestPartsThatCannotFollow(t *testing.T) {
	f := shortMessage(0, 0x40, "\x05\x00\x03\x2A\x02\x01Hello", nil)
	for overflow, want := range map[Overflow]Skip{RejectNoRoom: LedgerDown, SkipNoRoom: NoRoom} {
		p := Policy{When: All, Carriage: ByMarker, Overflow: overflow}
		out, sent, skip := interceptorOf(fakeNumbers{}).Submit(&Scratch{}, "bank", p, f)
		if sent != nil || skip != want || !bytes.Equal(out, f) {
			t.Errorf("overflow %d: got %s, %v; want %s and the part as it came", overflow, skip, sent, want)
		}
		if status := p.Refusal(skip, sent); status != smpp.StatusOK {
			t.Errorf("overflow %d: refused with %v", overflow, status)
		}
	}
}

// TestPackedText shows packed GSM 7-bit text behind other fill bits.
func TestPackedText(t *testing.T) {
	pack := func(text string, header int) string {
		packed, ok := udh.Pack(nil, []byte(text), header)
		if !ok {
			t.Fatalf("%q cannot be packed", text)
		}
		return string(packed)
	}
	full := strings.Repeat("1234567 ", 20)
	for _, tt := range []struct {
		name    string
		f, want smpp.Frame // want is nil: as it came
		p       Policy
		skip    Skip
	}{
		{
			"element", shortMessage(0, 0, pack("Hello", 0), nil),
			shortMessage(0, 0x40, "\x04\x80\x02\x00\x07"+pack("Hello", 5), nil),
			Policy{When: All},
			Numbered,
		},
		{
			"behind a part", shortMessage(0, 0x40, "\x05\x00\x03\x64\x02\x01"+pack("Hello", 6), nil),
			shortMessage(0, 0x40, "\x09\x00\x03\x64\x02\x01\x80\x02\x00\x07"+pack("Hello", 10), nil),
			Policy{When: All},
			Numbered,
		},
		{
			"marker", shortMessage(0, 0, pack("Hello", 0), nil),
			shortMessage(0, 0, pack("Hello\x5F007", 0), nil),
			Policy{When: All, Carriage: ByMarker},
			Numbered,
		},
		{"155 septets", shortMessage(0, 0, pack(full[:155], 0), nil), nil, Policy{When: All}, NoRoom},
		{"154 septets", shortMessage(0, 0, pack(full[:154], 0), nil), shortMessage(0, 0x40, "\x04\x80\x02\x00\x07"+pack(full[:154], 5), nil), Policy{When: All}, Numbered},
		{"an end that may be @ or nothing", shortMessage(0, 0, "\x31\xD9\x8C\x56\xB3\xDD\x00", nil), nil, Policy{When: All}, Malformed},
		{"Latin-1 is not packed", shortMessage(3, 0, "Hello", nil), shortMessage(3, 0x40, "\x04\x80\x02\x00\x07Hello", nil), Policy{When: All}, Numbered},
	} {
		i := interceptorOf(giving(7))
		i.Form.Packed = true
		out, _, skip := i.Submit(&Scratch{}, "bank", tt.p, tt.f)
		want := tt.want
		if want == nil {
			want = tt.f
		}
		if skip != tt.skip || !bytes.Equal(out, want) {
			t.Errorf("%s: got %s\n% x, want %s\n% x", tt.name, skip, []byte(out), tt.skip, []byte(want))
		}
	}
}

// TestElementWithProof shows the tag behind the number.
func TestElementWithProof(t *testing.T) {
	proofs, err := access.NewProofs([]byte("sixteen octets a"))
	if err != nil {
		t.Fatal(err)
	}
	var c message.Conversation
	l := giving(17)
	l.assign = func(s *ledger.Sent) error { s.Number, c = 17, s.Conversation; return nil }
	i := interceptorOf(l)
	i.Form.Proofs = proofs
	out, _, skip := i.Submit(&Scratch{}, "bank", Policy{When: All}, shortMessage(0, 0, "Hello", nil))
	m, err := smpp.ParseMessage(out)
	if err != nil || skip != Numbered {
		t.Fatalf("skip %s, %v", skip, err)
	}
	ud := m.UserData()
	if want := "\x08\x80\x06\x00\x11"; !bytes.HasPrefix(ud, []byte(want)) || string(ud[9:]) != "Hello" {
		t.Fatalf("user data: got % x", ud)
	}
	if tag := hex.EncodeToString(ud[5:9]); !proofs.Check(&c, 17, time.Now(), tag) {
		t.Errorf("proof %s is not right", tag)
	}
	for n, want := range map[int]Skip{149: Numbered, 150: NoRoom} {
		if _, _, skip := i.Submit(&Scratch{}, "bank", Policy{When: All}, shortMessage(0, 0, strings.Repeat("a", n), nil)); skip != want {
			t.Errorf("%d septets: got %s, want %s", n, skip, want)
		}
	}
}

// TestTextThatEndsLikeAMarker shows that the last marker counts.
func TestTextThatEndsLikeAMarker(t *testing.T) {
	f := shortMessage(0, 0, "Room \x5F017", nil)
	out, _, skip := interceptorOf(giving(18)).Submit(&Scratch{}, "bank", Policy{When: All, Carriage: ByMarker}, f)
	if want := shortMessage(0, 0, "Room \x5F017\x5F018", nil); skip != Numbered || !bytes.Equal(out, want) {
		t.Errorf("got %s\n% x, want\n% x", skip, []byte(out), []byte(want))
	}
}

func payloadTLV(text string) []byte { return smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(text)) }

func anything(n int) []string { return make([]string, n) }
