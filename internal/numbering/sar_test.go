package numbering

import (
	"bytes"
	"strings"
	"testing"

	"readback/relay/ledger"
	"readback/relay/message"
	"readback/smpp"
	"readback/udh"
)

// sarParameters are the sar_* parameters of a part, behind another one.
func sarParameters(ref uint16, total, seq byte) []byte {
	tlvs := smpp.AppendTLV(nil, smpp.TagUserMessageReference, []byte{0, 42})
	tlvs = smpp.AppendTLV(tlvs, smpp.TagSarMsgRefNum, []byte{byte(ref >> 8), byte(ref)})
	tlvs = smpp.AppendTLV(tlvs, smpp.TagSarTotalSegments, []byte{total})
	return smpp.AppendTLV(tlvs, smpp.TagSarSegmentSeqnum, []byte{seq})
}

// The first part of a message decides how the parts go on: with IE 00 if it fits behind that, with IE 08
// if it is the beginning and short, and else as they came.
func TestFirstSARPart(t *testing.T) {
	reference := smpp.AppendTLV(nil, smpp.TagUserMessageReference, []byte{0, 42})
	a := strings.Repeat
	converted := func(dc byte, ud string) smpp.Frame { return shortMessage(dc, 0x40, ud, reference) }
	for _, tt := range []struct {
		name    string
		f, want smpp.Frame // want is nil: as it came
		wish    ledger.Concatenation
		skip    Skip
	}{
		{
			"short, the first", shortMessage(0, 0, "Hello", sarParameters(0x1234, 3, 1)),
			converted(0, "\x0A\x08\x04\x12\x34\x03\x01\x80\x02\x00\x07Hello"), ledger.Concat16, Numbered,
		},
		{
			"a quarter, the first", shortMessage(0, 0, a("a", 40), sarParameters(9, 3, 1)),
			converted(0, "\x0A\x08\x04\x00\x09\x03\x01\x80\x02\x00\x07"+a("a", 40)), ledger.Concat16, Numbered,
		},
		{
			"more than a quarter, the first", shortMessage(0, 0, a("a", 41), sarParameters(9, 3, 1)),
			converted(0, "\x09\x00\x03\x09\x03\x01\x80\x02\x00\x07"+a("a", 41)), ledger.Concat8, Numbered,
		},
		{
			"short, another", shortMessage(0, 0, "Hello", sarParameters(0x1234, 3, 2)),
			converted(0, "\x09\x00\x03\x34\x03\x02\x80\x02\x00\x07Hello"), ledger.Concat8, Numbered,
		},
		{
			"room for the element", shortMessage(0, 0, a("a", 148), sarParameters(9, 3, 1)),
			converted(0, "\x09\x00\x03\x09\x03\x01\x80\x02\x00\x07"+a("a", 148)), ledger.Concat8, Numbered,
		},
		{
			"room for IE 00 only", shortMessage(0, 0, a("a", 153), sarParameters(9, 3, 1)),
			converted(0, "\x05\x00\x03\x09\x03\x01"+a("a", 153)), ledger.Concat8, NoRoom,
		},
		{"no room for IE 00", shortMessage(0, 0, a("a", 154), sarParameters(9, 3, 2)), nil, ledger.KeepSAR, NoRoom},
		{
			"UCS2 with room for IE 00 only", shortMessage(8, 0, a("\x04\x3F", 67), sarParameters(9, 3, 1)),
			converted(8, "\x05\x00\x03\x09\x03\x01"+a("\x04\x3F", 67)), ledger.Concat8, NoRoom,
		},
		{"UCS2 without room for IE 00", shortMessage(8, 0, a("\x04\x3F", 68), sarParameters(9, 3, 1)), nil, ledger.KeepSAR, NoRoom},
		{
			"octets with room for IE 00 only", shortMessage(3, 0, a("a", 134), sarParameters(9, 3, 1)),
			converted(3, "\x05\x00\x03\x09\x03\x01"+a("a", 134)), ledger.Concat8, NoRoom,
		},
		{"octets without room for IE 00", shortMessage(3, 0, a("a", 135), sarParameters(9, 3, 1)), nil, ledger.KeepSAR, NoRoom},
		{"half a character", shortMessage(8, 0, "Hello", sarParameters(9, 3, 1)), nil, ledger.KeepSAR, Malformed},
		{"binary", shortMessage(4, 0, "Hello", sarParameters(9, 3, 2)), nil, ledger.KeepSAR, Binary},
		{"USSD", shortMessage(0, 0, "Hello", smpp.AppendTLV(sarParameters(9, 3, 2), smpp.TagUSSDServiceOp, []byte{2})), nil, ledger.KeepSAR, NotAMessage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, wish, followed := giving(7), ledger.Concatenation(99), false
			l.concat = func(s *ledger.Sent, w ledger.Concatenation) ledger.Concatenation {
				if m := viewed(t, tt.f); s.Part.Total != 3 || string(s.To.Addr.Bytes()) != string(m.To.Addr) {
					t.Errorf("the ledger is asked about %+v", s)
				}
				wish = w
				return w
			}
			l.follow = func(*ledger.Sent) bool { followed = true; return true }
			out, sent, skip := interceptorOf(l).Submit(&Scratch{}, "bank", Policy{When: All}, tt.f)
			want := tt.want
			if want == nil {
				want = tt.f
			}
			if !bytes.Equal(out, want) || skip != tt.skip || wish != tt.wish {
				t.Errorf("got %s, %d\n% x, want %s, %d\n% x", skip, wish, []byte(out), tt.skip, tt.wish, []byte(want))
			}
			if followed != (skip == NoRoom) || (sent != nil) != (followed || skip == Numbered) {
				t.Errorf("followed %v, the ledger is told: %v", followed, sent != nil)
			}
		})
	}
}

// Parameters that tell of no part are nothing to decide about.
func TestNoSARPart(t *testing.T) {
	l := giving(7)
	l.concat = func(*ledger.Sent, ledger.Concatenation) ledger.Concatenation {
		t.Error("the ledger is asked")
		return ledger.Concat8
	}
	for name, f := range map[string]smpp.Frame{
		"incomplete":       shortMessage(0, 0, "Hello", sarParameters(9, 3, 2)[:14]),
		"beyond the total": shortMessage(0, 0, "Hello", sarParameters(9, 3, 4)),
		"with a header":    shortMessage(0, 0x40, "\x05\x00\x03\x2A\x02\x01Hello", sarParameters(9, 3, 2)),
		"stray octets":     shortMessage(0, 0, "Hello", append(sarParameters(9, 3, 2), 0)),
	} {
		out, sent, skip := interceptorOf(l).Submit(&Scratch{}, "bank", Policy{When: All}, f)
		if !bytes.Equal(out, f) || sent != nil || skip != Malformed {
			t.Errorf("%s: got %s\n% x, want malformed and the part as it came", name, skip, []byte(out))
		}
	}
}

// A further part goes on as those before it, also if it gets no number for some other reason, and whatever
// the policy is by now.
func TestFurtherSARPart(t *testing.T) {
	a := strings.Repeat
	reference := smpp.AppendTLV(nil, smpp.TagUserMessageReference, []byte{0, 42})
	ussd := smpp.AppendTLV(nil, smpp.TagUSSDServiceOp, []byte{2})
	down := func(*ledger.Sent) error { return ledger.ErrDown }
	for _, tt := range []struct {
		name   string
		f      smpp.Frame
		p      Policy
		assign func(*ledger.Sent) error
		header string // with IE 00, and what follows the text's header
		rest   string
		skip   Skip
	}{
		{"off", shortMessage(0, 0, "Hello", sarParameters(9, 3, 3)), Policy{When: Off}, nil, "\x05\x00\x03\x09\x03\x03", "Hello", NotRequested},
		{"not requested", shortMessage(0, 0, "Hello", sarParameters(9, 3, 3)), Policy{}, nil, "\x05\x00\x03\x09\x03\x03", "Hello", NotRequested},
		{"binary", shortMessage(4, 0, a("a", 134), sarParameters(9, 3, 3)), Policy{When: All}, nil, "\x05\x00\x03\x09\x03\x03", a("a", 134), Binary},
		{"half a character", shortMessage(8, 0, "Hello", sarParameters(9, 3, 3)), Policy{When: All}, nil, "\x05\x00\x03\x09\x03\x03", "Hello", Malformed},
		{"USSD", shortMessage(0, 0, "Hello", append(sarParameters(9, 3, 3), ussd...)), Policy{When: All}, nil, "\x05\x00\x03\x09\x03\x03", "Hello", NotAMessage},
		{"ledger is down", shortMessage(0, 0, "Hello", sarParameters(9, 3, 3)), Policy{When: All}, down, "\x05\x00\x03\x09\x03\x03", "Hello", LedgerDown},
		{"marker by now, not the last", shortMessage(0, 0, "Hello", sarParameters(9, 3, 2)), Policy{When: All, Carriage: ByMarker}, nil, "\x05\x00\x03\x09\x03\x02", "Hello", NoRoom},
		{"marker by now", shortMessage(0, 0, "Hello", sarParameters(9, 3, 3)), Policy{When: All, Carriage: ByMarker}, nil, "\x05\x00\x03\x09\x03\x03", "Hello\x5F007", Numbered},
		{"an end that has no marker", shortMessage(0, 0, "Hello\x1B", sarParameters(9, 3, 3)), Policy{When: All, Carriage: ByMarker}, nil, "\x05\x00\x03\x09\x03\x03", "Hello\x1B", Malformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := giving(7)
			if tt.assign != nil {
				l.assign = tt.assign
			}
			as := ledger.Concat8
			l.concat = func(*ledger.Sent, ledger.Concatenation) ledger.Concatenation { return as }
			m := viewed(t, tt.f)
			out, _, skip := interceptorOf(l).Submit(&Scratch{}, "bank", tt.p, tt.f)
			tlvs := reference
			if tt.skip == NotAMessage {
				tlvs = append(bytes.Clone(reference), ussd...)
			}
			if want := shortMessage(m.DataCoding(), 0x40, tt.header+tt.rest, tlvs); skip != tt.skip || !bytes.Equal(out, want) {
				t.Errorf("behind IE 00: got %s\n% x, want %s\n% x", skip, []byte(out), tt.skip, []byte(want))
			}
			as = ledger.KeepSAR
			out, _, skip = interceptorOf(l).Submit(&Scratch{}, "bank", tt.p, tt.f)
			want := tt.f
			if tt.skip == Numbered {
				want = shortMessage(m.DataCoding(), 0, tt.rest, sarParameters(9, 3, 3))
			}
			if skip != tt.skip || !bytes.Equal(out, want) {
				t.Errorf("as it came: got %s\n% x, want %s\n% x", skip, []byte(out), tt.skip, []byte(want))
			}
		})
	}
}

// A part that gets a header and no number keeps its registered_delivery.
func TestConvertKeepsRegistered(t *testing.T) {
	follows := fakeNumbers{follow: func(*ledger.Sent) bool { return true }}
	f := shortMessage(0, 0, strings.Repeat("a", 153), sarParameters(9, 3, 2))
	at := bytes.Index(f, []byte(subscriber)) + len(subscriber) + 6
	f[at] = 0x0D
	out, _, skip := interceptorOf(follows).Submit(&Scratch{}, "bank", Policy{When: All}, f)
	m, err := smpp.ParseMessage(out)
	if err != nil || skip != NoRoom || m.RegisteredDelivery() != 0x0D || !m.HasUDH() {
		t.Errorf("got %s, %v, registered_delivery %02x, header %t; want no_room, 0d, a header", skip, err, m.RegisteredDelivery(), m.HasUDH())
	}
}

// Packed text is packed again behind the header. What cannot be packed there keeps its parameters.
func TestPackedSARPart(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		wish       ledger.Concatenation
	}{
		{"full", strings.Repeat("a", 153), ledger.Concat8},
		{"one too long", strings.Repeat("a", 154), ledger.KeepSAR},
		{"@ where the last octet ends", strings.Repeat("a", 152) + "\x00", ledger.KeepSAR},
	} {
		packed, ok := udh.Pack(nil, []byte(tt.text), 0)
		if !ok {
			t.Fatalf("%s: cannot be packed", tt.name)
		}
		f := shortMessage(0, 0, string(packed), sarParameters(9, 2, 1))
		i := interceptorOf(fakeNumbers{concat: func(s *ledger.Sent, wish ledger.Concatenation) ledger.Concatenation {
			if want := (message.Part{Ref: 9, Wide: true, Total: 2, Seq: 1}); s.Part != want || wish != tt.wish {
				t.Errorf("%s: got %+v, wish %d, want %d", tt.name, s.Part, wish, tt.wish)
			}
			return wish
		}})
		i.Form.Packed = true
		out, _, _ := i.Submit(&Scratch{}, "bank", Policy{When: All}, f)
		want := f
		if tt.wish == ledger.Concat8 {
			ud, _ := udh.Pack([]byte("\x05\x00\x03\x09\x02\x01"), []byte(tt.text), 6)
			want = shortMessage(0, 0x40, string(ud), smpp.AppendTLV(nil, smpp.TagUserMessageReference, []byte{0, 42}))
		}
		if !bytes.Equal(out, want) {
			t.Errorf("%s: got\n% x, want\n% x", tt.name, []byte(out), []byte(want))
		}
	}
}

// A part that has room, and keeps its parameters since others do, is not refused for lack of room. If the
// ledger cannot note it, no number can be given now.
func TestKeptSARPart(t *testing.T) {
	for _, tt := range []struct {
		n     int // septets
		known bool
		skip  Skip
		sent  bool
	}{
		{148, true, NoRoom, true},
		{148, false, LedgerDown, false},
		{149, true, NoRoom, false},
	} {
		l := fakeNumbers{
			concat: func(*ledger.Sent, ledger.Concatenation) ledger.Concatenation { return ledger.KeepSAR },
			follow: func(*ledger.Sent) bool { return tt.known },
		}
		f := shortMessage(0, 0, strings.Repeat("a", tt.n), sarParameters(9, 3, 2))
		out, sent, skip := interceptorOf(l).Submit(&Scratch{}, "bank", Policy{When: All, Overflow: RejectNoRoom}, f)
		if !bytes.Equal(out, f) || skip != tt.skip || (sent != nil) != tt.sent {
			t.Errorf("%d septets, known %v: got %s, the ledger is told: %v, want %s", tt.n, tt.known, skip, sent != nil, tt.skip)
		}
	}
}
