package numbering

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
	"readback/udh"
)

// TestPackedVectors numbers "Hello" as an SMSC wants it that takes GSM 7-bit text packed:
// the text is packed anew behind the longer header.
func TestPackedVectors(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"no header", "c8329bfd06", "0480020001" + "20cb6cf61b"},
		{"a part", "050003640201" + "906536fb0d", "09000364020180020001" + "802cb3d96f"},
		{"a header alone", "050003640201" + "1a", "09000364020180020001" + "00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ud, err := hex.DecodeString(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			m := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number("447700900123"), UserData: ud}
			if tt.name != "no header" {
				m.ESMClass = smpp.ESMClassUDHI
			}
			i := interceptorOf(giving(1))
			i.Form.Packed = true
			out, _, skip := i.Submit(&Scratch{}, "bank", Policy{When: All}, m.Append(nil, pdu.SubmitSMID, 1))
			if skip != Numbered {
				t.Fatalf("skip %v, want numbered", skip)
			}
			got, err := smpp.ParseMessage(out)
			if err != nil {
				t.Fatal(err)
			}
			if ud := hex.EncodeToString(got.UserData()); ud != tt.want || !got.HasUDH() {
				t.Errorf("user data: got %s, header %v, want %s", ud, got.HasUDH(), tt.want)
			}
		})
	}
}

// TestPackedCut cuts packed text so that no part ends with a character which nobody could
// tell from the filling of the last octet.
func TestPackedCut(t *testing.T) {
	const full = 148 // septets of a part; they end with an octet
	for _, tt := range []struct {
		name, text string
		ends       []int // of the parts, in septets
	}{
		{"letters", strings.Repeat("a", 2*full+20), []int{full, full, 20}},
		{"@ at the end of a part", strings.Repeat("a", full-1) + "\x00" + strings.Repeat("b", full), []int{full - 1, full - 1, 2}},
		{"a carriage return there", strings.Repeat("a", full-1) + "\r" + strings.Repeat("b", full), []int{full - 1, full - 1, 2}},
		{"@ only", strings.Repeat("\x00", 2*full+20), []int{full - 1, full - 1, 22}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			packed, ok := udh.Pack(nil, []byte(tt.text), 0)
			if !ok {
				t.Fatal("the text cannot be packed")
			}
			m := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number("447700900123")}
			m.TLVs = smpp.AppendTLV(nil, smpp.TagMessagePayload, packed)
			i := interceptorOf(giving(1))
			i.Form.Packed = true
			s, skip := i.Split(&Scratch{}, "bank", Policy{When: All}, m.Append(nil, pdu.SubmitSMID, 1))
			if s == nil {
				t.Fatalf("skip %v, want numbered", skip)
			}
			var text string
			var ends []int
			for _, f := range s.Frames {
				septets := partSeptets(t, f)
				text, ends = text+septets, append(ends, len(septets))
			}
			if text != tt.text || !slices.Equal(ends, tt.ends) {
				t.Errorf("got parts of %d septets, text right %v, want %d", ends, text == tt.text, tt.ends)
			}
		})
	}
}

// partSeptets is the text of a part.
func partSeptets(t *testing.T, f smpp.Frame) string {
	t.Helper()
	m, err := smpp.ParseMessage(f)
	if err != nil {
		t.Fatal(err)
	}
	h, err := udh.ParseHeader(m.UserData())
	if err != nil {
		t.Fatal(err)
	}
	septets, ok := udh.Unpack(nil, m.UserData()[h.Len():], h.Len())
	if !ok {
		t.Fatalf("the end of % x may be a character or nothing", []byte(f))
	}
	return string(septets)
}
