package numbering

import (
	"bytes"
	"strings"
	"testing"

	"readback/relay/ledger"
	"readback/smpp"
)

// A marker needs no header: the last part keeps its sar_* parameters and has the marker, if there is room
// for it behind the header that the SMSC will make. With auto this is so where the parts keep them.
func TestMarkerBesideSAR(t *testing.T) {
	a := strings.Repeat
	for _, tt := range []struct {
		name   string
		dc     byte
		text   string
		seq    byte
		marker string // empty: no room
	}{
		{"the last part", 0, "Hello", 3, "\x5F007"},
		{"full", 0, a("a", 148), 3, "\x5F007"},
		{"one too long", 0, a("a", 149), 3, ""},
		{"UCS2", 8, "\x00H", 3, "\x25\xA1\x00\x30\x00\x30\x00\x37"},
		{"UCS2, full", 8, a("\x00H", 62), 3, "\x25\xA1\x00\x30\x00\x30\x00\x37"},
		{"UCS2, one too long", 8, a("\x00H", 63), 3, ""},
		{"not the last", 0, "Hello", 2, ""},
		{"a coding without one", 6, "Hello", 3, ""},
	} {
		for _, p := range []Policy{{When: All, Carriage: ByMarker}, {When: All, Carriage: Auto}, {When: All}} {
			l, followed := giving(7), false
			l.concat = func(_ *ledger.Sent, wish ledger.Concatenation) ledger.Concatenation {
				if p.Carriage == ByMarker {
					return wish
				}
				return ledger.KeepSAR
			}
			l.follow = func(*ledger.Sent) bool { followed = true; return true }
			f := shortMessage(tt.dc, 0, tt.text, sarParameters(9, 3, tt.seq))
			out, _, skip := interceptorOf(l).Submit(&Scratch{}, "bank", p, f)
			want, wantSkip := f, NoRoom
			if tt.marker != "" && p.Carriage != ByElement {
				want, wantSkip = shortMessage(tt.dc, 0, tt.text+tt.marker, sarParameters(9, 3, tt.seq)), Numbered
			}
			if skip != wantSkip || !bytes.Equal(out, want) || followed != (skip == NoRoom) {
				t.Errorf("%s, carriage %d: got %s\n% x, want %s\n% x", tt.name, p.Carriage, skip, []byte(out), wantSkip, []byte(want))
			}
		}
	}
}

// A message by sar_* parameters of one part decides for itself.
func TestOnlySARPart(t *testing.T) {
	a := strings.Repeat
	for _, tt := range []struct {
		n        int
		carriage Carriage
		header   string // empty: it keeps its parameters
		skip     Skip
	}{
		{147, ByElement, "\x0A\x08\x04\x12\x34\x01\x01\x80\x02\x00\x07", Numbered},
		{148, ByElement, "\x09\x00\x03\x34\x01\x01\x80\x02\x00\x07", Numbered},
		{149, ByElement, "", NoRoom},
		{148, Auto, "\x09\x00\x03\x34\x01\x01\x80\x02\x00\x07", Numbered},
		{148, ByMarker, "", Numbered},
		{149, ByMarker, "", NoRoom},
	} {
		f := shortMessage(0, 0, a("a", tt.n), sarParameters(0x1234, 1, 1))
		out, _, skip := interceptorOf(giving(7)).Submit(&Scratch{}, "bank", Policy{When: All, Carriage: tt.carriage}, f)
		want := f
		if tt.header != "" {
			want = shortMessage(0, 0x40, tt.header+a("a", tt.n), smpp.AppendTLV(nil, smpp.TagUserMessageReference, []byte{0, 42}))
		} else if tt.skip == Numbered {
			want = shortMessage(0, 0, a("a", tt.n)+"\x5F007", sarParameters(0x1234, 1, 1))
		}
		if skip != tt.skip || !bytes.Equal(out, want) {
			t.Errorf("%d septets, carriage %d: got %s\n% x, want %s\n% x", tt.n, tt.carriage, skip, []byte(out), tt.skip, []byte(want))
		}
	}
}
