package udh

import (
	"bytes"
	"slices"
	"testing"
	"unicode/utf8"

	libgsm7 "github.com/warthog618/sms/encoding/gsm7"
)

// FuzzUnpack holds that any octets are unpacked as another library does, but for what fills
// the last one, and that what was unpacked can be packed and unpacked again.
func FuzzUnpack(f *testing.F) {
	for _, s := range []string{"", "C8329BFD06", "31D98C56B3DD1A", "31D98C56B3DD00", "906536FB0D", "00"} {
		for _, headerLen := range []byte{0, 5, 6, 10} {
			f.Add(unhex(s), headerLen)
		}
	}
	f.Fuzz(func(t *testing.T, packed []byte, headerLen byte) {
		got, ok := Unpack([]byte("dst"), packed, int(headerLen))
		if !bytes.HasPrefix(got, []byte("dst")) || !ok && len(got) > 3 {
			t.Fatalf("dst became %x, %v", got, ok)
		}
		septets, fill := got[3:], fillBits(int(headerLen))
		bits := max(8*len(packed)-fill, 0)
		want := libgsm7.Unpack7Bit(packed, fill)
		want = want[:min(bits/7, len(want))]
		switch n := len(want); {
		case n > 0 && bits%7 == 0 && want[n-1] == 0:
			if ok {
				t.Fatalf("%x behind %d octets: got %x, want it refused", packed, headerLen, septets)
			}
			return
		case n > 0 && bits%7 == 0 && want[n-1] == '\r':
			want = want[:n-1]
		}
		if !ok || !bytes.Equal(septets, want) {
			t.Fatalf("%x behind %d octets: got %x %v, want %x", packed, headerLen, septets, ok, want)
		}
		again, ok := Pack(nil, septets, int(headerLen))
		if !ok {
			return // it was not packed by Pack
		}
		if back, ok := Unpack(nil, again, int(headerLen)); !ok || !bytes.Equal(back, septets) {
			t.Fatalf("%x packed again as %x: got %x %v", septets, again, back, ok)
		}
	})
}

// FuzzDecode holds that any text is decoded to UTF-8, and septets as another library does.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("Hello\x1B\x65"), byte(GSM7))
	f.Add([]byte("\xD8\x3D\xDE\x00\x00"), byte(UCS2))
	f.Add([]byte("a\xE9"), byte(ASCII))
	f.Fuzz(func(t *testing.T, text []byte, coding byte) {
		c := Coding(coding) % codings
		got := Decode(text, c)
		if !utf8.ValidString(got) {
			t.Fatalf("%v %x: got %q, which is no UTF-8", c, text, got)
		}
		over := slices.ContainsFunc(text, func(b byte) bool { return b >= 0x80 })
		if c != GSM7 || over || bytes.Contains(text, []byte{escape, '\r'}) {
			return
		}
		if want, err := libgsm7.Decode(text); err != nil || got != string(want) {
			t.Fatalf("%x: got %q, the library has %q, %v", text, got, want, err)
		}
	})
}
