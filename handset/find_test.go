package handset

import (
	"fmt"
	"testing"

	"readback/udh"
)

func element(ud string) Part { return Part{UserData: []byte(ud), HasUDH: true, Coding: udh.ASCII} }

// findTests are texts with a number in one form or another, or none.
var findTests = []struct {
	name  string
	parts []Part
	want  string // carriage number proof text marker
}{
	{"nothing", nil, ` 0 "" ""`},
	{"plain", []Part{{[]byte("Hi"), false, udh.GSM7}}, ` 0 "Hi" ""`},
	{"element", []Part{element("\x04\x80\x02\x01\x01Hi")}, `element 257 "Hi" ""`},
	{"with proof", []Part{element("\x08\x80\x06\x00\x01\xca\xfe\x01\x02Hi")}, `element 1 cafe0102 "Hi" ""`},
	{"of another length", []Part{element("\x05\x80\x03\x00\x01\x00Hi")}, ` 0 "Hi" ""`},
	{"repeated", []Part{element("\x08\x80\x02\x00\x01\x80\x02\x00\x02Hi")}, `element 2 "Hi" ""`},
	{"wins over a marker", []Part{element("\x04\x80\x02\x00\x01see #005")}, `element 1 "see #005" ""`},
	{"marker in ASCII", []Part{{[]byte("Hi#000"), false, udh.ASCII}}, `marker 0 "Hi" "#000"`},
	{"marker in GSM 7-bit", []Part{{[]byte("Hi\x5f017"), false, udh.GSM7}}, `marker 17 "Hi" "§017"`},
	{"marker in Latin-1", []Part{{[]byte("Hi\xa7017"), false, udh.Latin1}}, `marker 17 "Hi" "§017"`},
	{"marker in UCS2", []Part{{[]byte("\x4f\x60\x25\xa1\x000\x001\x007"), false, udh.UCS2}}, `marker 17 "你" "□017"`},
	{"behind the text's own", []Part{{[]byte("see #005#017"), false, udh.ASCII}}, `marker 17 "see #005" "#017"`},
	{"binary", []Part{{[]byte("Hi#001"), false, udh.Binary}}, ` 0 "486923303031" ""`},
	{"national table", []Part{{[]byte("\x03\x25\x01\x01Hi\x5f017"), true, udh.GSM7}}, ` 0 "Hi§017" ""`},
	{"broken header", []Part{element("\x05\x80\x02\x00\x01\x00Hi#001")}, ` 0 "Hi#001" ""`},
	{"header beyond the end", []Part{element("\xff\x80")}, ` 0 "" ""`},
	{
		"parts with room and without",
		[]Part{
			element("\x05\x00\x03\x07\x03\x01Hello "),
			element("\x09\x00\x03\x07\x03\x02\x80\x02\x00\x05world"),
			element("\x05\x00\x03\x07\x03\x03#001"),
		},
		`element 5 "Hello world#001" ""`,
	},
	{
		"marker of the last part",
		[]Part{element("\x05\x00\x03\x07\x02\x01A#004"), element("\x05\x00\x03\x07\x02\x02B#005")},
		`marker 5 "A#004B" "#005"`,
	},
	{"before the last part", []Part{element("\x05\x00\x03\x07\x02\x01A#004")}, ` 0 "A#004" ""`},
	{
		"a character cut in two",
		[]Part{
			{[]byte("\x05\x00\x03\x01\x02\x01\xd8\x3d"), true, udh.UCS2},
			{[]byte("\x05\x00\x03\x01\x02\x02\xde\x00\x25\xa1\x000\x001\x002"), true, udh.UCS2},
		},
		`marker 12 "😀" "□012"`,
	},
	{
		"codings mixed",
		[]Part{
			{[]byte("\x05\x00\x03\x01\x02\x01\x25\xa1"), true, udh.UCS2},
			element("\x05\x00\x03\x01\x02\x02A#012"),
		},
		`marker 12 "□A" "#012"`,
	},
}

func TestFind(t *testing.T) {
	for _, tt := range findTests {
		t.Run(tt.name, func(t *testing.T) {
			f := Finder{}.Find(tt.parts...)
			proof := ""
			if f.Proof != nil {
				proof = f.ProofHex() + " "
			}
			if len(f.Proof) == 0 {
				proof = ""
			}
			if got := fmt.Sprintf("%v %d %s%q %q", f.Carriage, f.Number, proof, f.Text, f.Marker); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestFinderSettings(t *testing.T) {
	marker, err := udh.NewMarker('■', '¤', '¤', '*')
	if err != nil {
		t.Fatal(err)
	}
	f := Finder{IEI: 0x90, Marker: &marker}
	var got []string
	for _, p := range []Part{
		element("\x04\x90\x02\x00\x03Hi"), element("\x04\x80\x02\x00\x04Hi"),
		{[]byte("Hi*005"), false, udh.ASCII},
		{[]byte("Hi#006"), false, udh.ASCII},
	} {
		found := f.Find(p)
		got = append(got, fmt.Sprintf("%v:%d", found.Carriage, found.Number))
	}
	if got, want := fmt.Sprint(got), "[element:3 :0 marker:5 :0]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestFindCuts cuts a message at every octet: nothing panics, and no number is
// made up.
func TestFindCuts(t *testing.T) {
	whole := "\x08\x80\x06\x01\x02\xca\xfe\x01\x02Hi"
	for n := range len(whole) {
		f := Finder{}.Find(element(whole[:n]))
		if got, want := f.Carriage != ByNone, n >= 9; got != want {
			t.Errorf("cut to %d octets: number %v, want %v", n, got, want)
		}
	}
}

// FuzzFind has two properties. A text that a gateway numbered, by whichever carriage,
// shows as it was, with its number. And whatever else comes, the text and the marker are
// what stands behind the header.
func FuzzFind(f *testing.F) {
	f.Add([]byte("\x04\x80\x02\x01\x01Hi"), true, byte(udh.GSM7), uint16(257))
	f.Add([]byte("see #005#017"), false, byte(udh.ASCII), uint16(17))
	f.Add([]byte("\x05\x00\x03\x07\x02\x02\x25\xa1\x000\x001\x002"), true, byte(udh.UCS2), uint16(0))
	f.Add([]byte("\x1b\x5f001"), false, byte(udh.GSM7), uint16(999))
	f.Fuzz(func(t *testing.T, ud []byte, has bool, c byte, n uint16) {
		p := Part{ud, has, udh.Coding(c % 7)}
		got := Finder{}.Find(p)
		own := p.split()
		if got.Carriage != ByMarker && got.Text != udh.Decode(own.text, p.Coding) || got.Carriage == ByNone && got.Marker != "" {
			t.Errorf("got %+v of %x", got, ud)
		}
		if own.broken {
			return
		}
		text := udh.Decode(own.text, p.Coding)
		if numbered, err := udh.Append(nil, ud, has, DefaultIEI, n); err == nil {
			got := Finder{}.Find(Part{numbered, true, p.Coding})
			if got.Carriage != ByElement || got.Number != n || got.Text != text {
				t.Errorf("by element: got %+v, want %d and %q", got, n, text)
			}
		}
		_, hasElement := udh.Number(own.header, DefaultIEI)
		numbered, err := udh.DefaultMarker.Append(append([]byte(nil), own.header...), own.text, p.Coding, n)
		if err != nil || hasElement || !own.endsMessage() {
			return
		}
		got = Finder{}.Find(Part{numbered, has, p.Coding})
		if got.Carriage != ByMarker || got.Number != n || got.Text != text {
			t.Errorf("by marker: got %+v, want %d and %q", got, n, text)
		}
	})
}
