package udh

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	libgsm7 "github.com/warthog618/sms/encoding/gsm7"
	"github.com/warthog618/sms/encoding/tpdu"
	libucs2 "github.com/warthog618/sms/encoding/ucs2"

	"readback/internal/seed"
)

// The tests of this file compare with a library that others wrote from the same standards.

// inputs is how many random inputs a comparison takes.
const inputs = 2000

// randomSeptets returns well-formed GSM 7-bit text of n septets: each escape has its second
// septet. There is no carriage return, as Cut keeps it with its line feed and the library
// does not.
func randomSeptets(r *rand.Rand, n int) []byte {
	text := make([]byte, n)
	for i := range text {
		for text[i] = byte(r.IntN(128)); text[i] == '\r' || text[i] == escape; {
			text[i] = byte(r.IntN(128))
		}
	}
	for i := 0; i < n-1; i++ {
		if r.IntN(6) == 0 {
			text[i] = escape
			i++
		}
	}
	return text
}

// randomUnits returns UCS2 text of about n units, one character in four of two units.
func randomUnits(r *rand.Rand, n int) []byte {
	var runes []rune
	for units := 0; units < n; units++ {
		if r.IntN(4) == 0 {
			runes = append(runes, 0x1F600+rune(r.IntN(0x40))) // emoticons
			units++
			continue
		}
		runes = append(runes, 0x4E00+rune(r.IntN(0x5000))) // Chinese
	}
	return libucs2.Encode(runes)
}

// librarySubmit is a submit message with a header of the octets given, its length included.
func librarySubmit(t *testing.T, c Coding, headerLen int) tpdu.TPDU {
	t.Helper()
	s, err := tpdu.NewSubmit()
	if err != nil {
		t.Fatal(err)
	}
	s.SetDCS(map[Coding]byte{GSM7: 0, Latin1: byte(tpdu.Dcs8BitData), UCS2: byte(tpdu.DcsUCS2Data)}[c])
	if headerLen > 0 {
		s.SetUDH(tpdu.UserDataHeader{{ID: 0x70, Data: make([]byte, headerLen-3)}})
	}
	return *s
}

// The library agrees on the room behind a header of each length.
func TestRoomLikeLibrary(t *testing.T) {
	for _, c := range []Coding{GSM7, Latin1, UCS2} {
		for headerLen := range maxUserData + 1 {
			if headerLen == 1 || headerLen == 2 {
				continue // no header is that short
			}
			s := librarySubmit(t, c, headerLen)
			want := s.UDBlockSize()
			if c == UCS2 {
				want /= 2 // it counts octets
			}
			if got := Room(c, headerLen); got != want {
				t.Errorf("%v behind %d octets: got %d, the library has %d", c, headerLen, got, want)
			}
		}
	}
}

// The library agrees on what each septet, and each septet behind each other, is. It has a
// line feed for 1B 0D, of which the standard only says that it is a control character.
func TestDecodeLikeLibrary(t *testing.T) {
	compare := func(text []byte) {
		if bytes.Contains(text, []byte{escape, '\r'}) {
			return
		}
		want, err := libgsm7.Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Decode(text, GSM7); got != string(want) {
			t.Errorf("% X: got %q, the library has %q", text, got, want)
		}
	}
	for a := range byte(128) {
		compare([]byte{a})
		for b := range byte(128) {
			compare([]byte{a, b})
		}
	}
	r := seed.Rand(t)
	for range inputs {
		text := make([]byte, r.IntN(20))
		for i := range text {
			if text[i] = byte(r.IntN(128)); r.IntN(4) == 0 {
				text[i] = escape
			}
		}
		compare(text)
		units := randomUnits(r, r.IntN(20))
		want, err := libucs2.Decode(units)
		if err != nil {
			t.Fatal(err)
		}
		if got := Decode(units, UCS2); got != string(want) {
			t.Errorf("% X: got %q, the library has %q", units, got, string(want))
		}
	}
}

// The library packs the same octets, but where seven bits are left: those it leaves zero,
// as is right for a text whose septets are counted. There Pack puts a carriage return.
func TestPackLikeLibrary(t *testing.T) {
	r := seed.Rand(t)
	refused := 0
	for range inputs {
		n, headerLen := r.IntN(170), r.IntN(141)
		text := randomSeptets(r, n)
		fill := []int{0, 6, 5, 4, 3, 2, 1}[headerLen%7]
		if got := fillBits(headerLen); got != fill {
			t.Fatalf("fill bits behind %d octets: got %d, want %d", headerLen, got, fill)
		}
		got, ok := Pack(nil, text, headerLen)
		if !ok {
			refused++
			continue
		}
		want := libgsm7.Pack7Bit(text, fill)
		left := 8*len(want) - fill - 7*n
		if n == 0 {
			continue // the library writes no fill bits then
		}
		if left == 7 {
			want[len(want)-1] |= carriageReturn << 1
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("% X behind %d octets: got % X, the library has % X", text, headerLen, got, want)
		}
		septets := libgsm7.Unpack7Bit(got, fill)[:n] // it counts none: n is what was packed
		if back, ok := Unpack(nil, got, headerLen); !ok || !bytes.Equal(back, septets) || !bytes.Equal(back, text) {
			t.Fatalf("% X behind %d octets: got % X %v, the library has % X", got, headerLen, back, ok, septets)
		}
	}
	if refused > inputs/10 {
		t.Errorf("%d texts of %d were refused", refused, inputs)
	}
}

// The library cuts in the same places: none of these texts has what people see as one
// character but are several, of which it knows nothing.
func TestCutLikeLibrary(t *testing.T) {
	r := seed.Rand(t)
	for range inputs {
		c := []Coding{GSM7, Latin1, UCS2}[r.IntN(3)]
		text := randomSeptets(r, 1+r.IntN(1000))
		if c == UCS2 {
			text = randomUnits(r, 1+r.IntN(500))
		}
		own := []int{0, 5, 9, 12, 20}[r.IntN(5)] // octets of the header that is in each part
		wide := r.IntN(2) == 0
		s := librarySubmit(t, c, own)
		var options []tpdu.SegmentationOption
		if wide {
			options = append(options, tpdu.With16BitConcatRef)
		}
		parts := s.Segment(text, options...)
		if len(parts) == 1 { // it needs no reference
			if units, _ := TextLen(c, text); units > Room(c, own) {
				t.Fatalf("%v: %d units fit behind %d octets, as the library has it", c, units, own)
			}
			continue
		}
		var want []int
		end := 0
		for _, p := range parts {
			end += len(p.UD)
			want = append(want, end)
		}
		got, ok := Cut(text, c, Room(c, max(own, 1)+Part{Wide: wide}.Len()))
		if !ok || !slices.Equal(got, want) {
			t.Fatalf("%v, header of %d octets, wide %v: got %v %v, the library has %v", c, own, wide, got, ok, want)
		}
	}
}

// The library writes the same user data for each part, header and packed text.
func TestPartsLikeLibrary(t *testing.T) {
	r := seed.Rand(t)
	for range inputs / 10 {
		c := []Coding{GSM7, Latin1, UCS2}[r.IntN(3)]
		text := randomSeptets(r, 161+r.IntN(1000))
		if c == UCS2 {
			text = randomUnits(r, 71+r.IntN(400))
		}
		s, wide := librarySubmit(t, c, 0), r.IntN(2) == 0
		var options []tpdu.SegmentationOption
		if wide {
			options = append(options, tpdu.With16BitConcatRef)
		}
		parts := s.Segment(text, options...)
		for i, p := range parts {
			whole, err := p.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			h, err := AppendHeader(nil, nil, &Part{1, wide, byte(len(parts)), byte(i + 1)}, Element{})
			if err != nil {
				t.Fatal(err)
			}
			ud := append(h, p.UD...)
			if c == GSM7 {
				packed, ok := Pack(nil, p.UD, len(h))
				if fill := 8*len(packed) - fillBits(len(h)) - 7*len(p.UD); !ok || fill == 7 {
					continue // it is the one to count septets
				}
				ud = append(h, packed...)
			}
			if !bytes.HasSuffix(whole, ud) {
				t.Fatalf("part %d: got % X, the library has % X", i, ud, whole)
			}
		}
	}
}

// The library reads the same elements and the same part in a header.
func TestHeaderLikeLibrary(t *testing.T) {
	r := seed.Rand(t)
	for range inputs {
		var theirs tpdu.UserDataHeader
		for range 1 + r.IntN(6) {
			ids := []byte{0x00, 0x08, 0x05, 0x24, 0x70, 0x80, byte(r.IntN(256))}
			e := tpdu.InformationElement{ID: ids[r.IntN(len(ids))], Data: make([]byte, r.IntN(6))}
			for i := range e.Data {
				e.Data[i] = byte(1 + r.IntN(3))
			}
			theirs = append(theirs, e)
		}
		ud, err := theirs.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		h, err := ParseHeader(append(slices.Clone(ud), "text"...))
		if err != nil || !bytes.Equal(h, ud) {
			t.Fatalf("% X: got % X, %v", ud, []byte(h), err)
		}
		i := 0
		for e := range h.Elements() {
			if e.ID != theirs[i].ID || !bytes.Equal(e.Data, theirs[i].Data) {
				t.Fatalf("% X, element %d: got %v, the library has %v", ud, i, e, theirs[i])
			}
			want, _ := theirs.IE(e.ID)
			if got, ok := h.Find(e.ID); !ok || !bytes.Equal(got.Data, want.Data) {
				t.Fatalf("% X, element %02X: got %v %v, the library has %v", ud, e.ID, got, ok, want)
			}
			i++
		}
		if i != len(theirs) {
			t.Fatalf("% X: got %d elements, the library has %d", ud, i, len(theirs))
		}
		compareConcat(t, h, theirs)
	}
}

// compareConcat compares the part where the header has one element of it at most: of
// several the library takes the 8-bit one, and it does not look at the numbers.
func compareConcat(t *testing.T, h Header, theirs tpdu.UserDataHeader) {
	t.Helper()
	if len(theirs.IEs(concat8))+len(theirs.IEs(concat16)) > 1 {
		return
	}
	total, seq, ref, ok := theirs.ConcatInfo()
	if seq > total {
		ok = false
	}
	p, got := h.Concat()
	if got != ok || ok && (int(p.Total) != total || int(p.Seq) != seq || int(p.Ref) != ref) {
		t.Fatalf("% X: got %+v %v, the library has part %d of %d of %#x, %v", []byte(h), p, got, seq, total, ref, ok)
	}
}
