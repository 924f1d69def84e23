package udh

import (
	"bytes"
	"errors"
	"testing"
)

func TestMarker(t *testing.T) {
	for _, tt := range []struct {
		name, text string // hex
		c          Coding
		n          uint16
		want       string
		len        int
	}{
		{"UCS2", "00480069", UCS2, 1, "00480069 25A1 0030 0030 0031", 4},
		{"GSM 7-bit", "4869", GSM7, 17, "4869 5F 303137", 4},
		{"Latin-1", "4869", Latin1, 255, "4869 A7 323535", 4},
		{"ASCII", "4869", ASCII, 999, "4869 23 393939", 4},
		{"zero", "4869", ASCII, 0, "4869 23 303030", 4},
		{"behind a marker of the sender's", "5F303035", GSM7, 6, "5F303035 5F303036", 4},
		{"no text", "", GSM7, 1, "5F303031", 4},
		{"behind octet 1B of Latin-1", "481B", Latin1, 17, "481B A7 303137", 4},
		{"behind octet 1B of ASCII", "481B", ASCII, 17, "481B 23 303137", 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, want := unhex(tt.text), unhex(tt.want)
			got, err := DefaultMarker.Append([]byte("dst"), text, tt.c, tt.n)
			if err != nil {
				t.Fatal(err)
			}
			if got = got[3:]; !bytes.Equal(got, want) {
				t.Fatalf("got %x, want %x", got, want)
			}
			if n, ok := DefaultMarker.Find(got, tt.c); n != tt.n || !ok {
				t.Errorf("found %d %v, want %d", n, ok, tt.n)
			}
			if rest, ok := DefaultMarker.Remove(got, tt.c); !ok || !bytes.Equal(rest, text) {
				t.Errorf("removed: got %x %v, want %x", rest, ok, text)
			}
			before, _ := TextLen(tt.c, text)
			after, _ := TextLen(tt.c, got)
			if l := DefaultMarker.Len(tt.c); l != tt.len || after-before != l {
				t.Errorf("length %d, grown by %d, want %d", l, after-before, tt.len)
			}
		})
	}
}

func TestMarkerRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		m          Marker
		c          Coding
		n          uint16
		want       error
	}{
		{"other text", "a", DefaultMarker, Octets, 1, ErrNoMarker},
		{"binary", "a", DefaultMarker, Binary, 1, ErrNoMarker},
		{"unknown coding", "a", DefaultMarker, 99, 1, ErrNoMarker},
		{"zero value", "a", Marker{}, GSM7, 1, ErrNoMarker},
		{"four digits", "a", DefaultMarker, GSM7, 1000, ErrRange},
		{"half a unit", "\x00a\x00", DefaultMarker, UCS2, 1, ErrText},
		{"escape at the end", "a\x1B", DefaultMarker, GSM7, 1, ErrText},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.m.Append([]byte("dst"), []byte(tt.text), tt.c, tt.n)
			if !errors.Is(err, tt.want) || string(got) != "dst" {
				t.Errorf("got %q and %v, want dst and %v", got, err, tt.want)
			}
		})
	}
	for _, c := range []Coding{Octets, Opaque, Binary, codings, 99} {
		if got := DefaultMarker.Len(c); got != 0 {
			t.Errorf("length in %v: got %d, want 0", c, got)
		}
		if DefaultMarker.Fits(c, 0, nil) {
			t.Errorf("a marker fits in %v, which has none", c)
		}
	}
}

func TestMarkerFindNone(t *testing.T) {
	braced, err := NewMarker('□', '(', '§', '#')
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, text string
		m          Marker
		c          Coding
	}{
		{"no text", "", DefaultMarker, GSM7},
		{"too short", "#01", DefaultMarker, ASCII},
		{"no symbol", "0001", DefaultMarker, ASCII},
		{"two digits", "#01a", DefaultMarker, ASCII},
		{"a letter among them", "#0a1", DefaultMarker, ASCII},
		{"below the digits", "#0/1", DefaultMarker, ASCII},
		{"over the digits", "#0:1", DefaultMarker, ASCII},
		{"not at the end", "#001.", DefaultMarker, ASCII},
		{"symbol of another coding", "\x5F001", DefaultMarker, Latin1},
		{"full-width digits", "\x25\xA1\xFF\x10\xFF\x10\xFF\x11", DefaultMarker, UCS2},
		{"letters with the low octets of digits", "\x25\xA1\x010\x010\x011", DefaultMarker, UCS2},
		{"half a unit", "\x00\x25\xA1\x000\x000\x001", DefaultMarker, UCS2},
		{"escaped symbol", "\x1B(001", braced, GSM7},
		{"other text", "#001", DefaultMarker, Octets},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if n, ok := tt.m.Find([]byte(tt.text), tt.c); ok {
				t.Errorf("found %d", n)
			}
			if rest, ok := tt.m.Remove([]byte(tt.text), tt.c); ok || string(rest) != tt.text {
				t.Errorf("removed: got %q %v, want the text", rest, ok)
			}
		})
	}
	if n, ok := braced.Find([]byte("a(001"), GSM7); n != 1 || !ok {
		t.Errorf("not escaped: got %d %v, want 1", n, ok)
	}
}

func TestMarkerFits(t *testing.T) {
	for _, tt := range []struct {
		name      string
		c         Coding
		headerLen int
		longest   int // octets of text
	}{
		{"GSM 7-bit", GSM7, 0, 156},
		{"GSM 7-bit, concat8", GSM7, 6, 149},
		{"ASCII", ASCII, 0, 156},
		{"Latin-1", Latin1, 0, 136},
		{"UCS2", UCS2, 0, 2 * 66},
		{"UCS2, concat8", UCS2, 6, 2 * 63},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := bytes.Repeat([]byte("a"), tt.longest+2)
			if !DefaultMarker.Fits(tt.c, tt.headerLen, text[:tt.longest]) {
				t.Errorf("%d octets do not fit", tt.longest)
			}
			if DefaultMarker.Fits(tt.c, tt.headerLen, text) {
				t.Errorf("%d octets fit, want at most %d", len(text), tt.longest)
			}
		})
	}
}

// Text that ends within a character has no room for a marker.
func TestMarkerFitsNoHalf(t *testing.T) {
	if DefaultMarker.Fits(UCS2, 0, []byte{0, 'a', 0}) {
		t.Error("a marker fits behind half a unit")
	}
	if !DefaultMarker.Fits(UCS2, 0, []byte{0, 'a'}) {
		t.Error("no marker fits behind one unit")
	}
}

func TestNewMarker(t *testing.T) {
	if got, err := NewMarker('□', '§', '§', '#'); err != nil || got != DefaultMarker {
		t.Errorf("got %+v %v, want the default", got, err)
	}
	at, err := NewMarker('■', '@', '¤', '~')
	if err != nil {
		t.Fatal(err)
	}
	if got, err := at.Append(nil, nil, GSM7, 1); err != nil || string(got) != "\x00001" {
		t.Errorf("@ in GSM 7-bit: got %x %v", got, err)
	}
	if got := at.Len(ASCII); got != 5 {
		t.Errorf("~ in ASCII: got %d septets, want 5", got)
	}
	if _, err := NewMarker('/', ':', 'ÿ', '~'); err != nil {
		t.Errorf("the neighbours of the digits, and the last of Latin-1: got %v", err)
	}
	for _, tt := range []struct {
		name                      string
		ucs2, gsm7, latin1, ascii rune
	}{
		{"UCS2 of two units", '😀', '§', '§', '#'},
		{"surrogate", 0xD800, '§', '§', '#'},
		{"not in GSM 7-bit", '□', '□', '§', '#'},
		{"two septets", '□', '€', '§', '#'},
		{"escape", '□', 0x1B, '§', '#'},
		{"not in Latin-1", '□', '§', '□', '#'},
		{"Latin-1 control", '□', '§', 0x85, '#'},
		{"not in ASCII", '□', '§', '§', '§'},
		{"digit", '□', '§', '§', '1'},
		{"lowest digit", '□', '§', '§', '0'},
		{"highest digit", '9', '§', '§', '#'},
		{"just over Latin-1", '□', '§', 0x100, '#'},
		{"space", '□', ' ', '§', '#'},
		{"none", 0, '§', '§', '#'},
		{"negative", '□', '§', -1, '#'},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if m, err := NewMarker(tt.ucs2, tt.gsm7, tt.latin1, tt.ascii); err == nil {
				t.Errorf("got %+v, want an error", m)
			}
		})
	}
}

// FuzzMarker: the marker that was put on is found and comes off again.
func FuzzMarker(f *testing.F) {
	f.Add([]byte("Hello"), byte(GSM7), uint16(1))
	f.Add([]byte("\x00H\x00i"), byte(UCS2), uint16(255))
	f.Add([]byte("a\x1B"), byte(GSM7), uint16(999))
	f.Add([]byte("#001"), byte(ASCII), uint16(1000))
	f.Fuzz(func(t *testing.T, text []byte, coding byte, n uint16) {
		c, m := Coding(coding%7), DefaultMarker
		if rest, ok := m.Remove(text, c); ok { // as a sender's look-alike
			found, _ := m.Find(text, c)
			if again, err := m.Append(nil, rest, c, found); err != nil || !bytes.Equal(again, text) {
				t.Fatalf("got %x %v, want %x", again, err, text)
			}
		}
		_ = Decode(text, c)
		dst := []byte("dst")
		out, err := m.Append(dst, text, c, n)
		if err != nil {
			if string(out) != "dst" {
				t.Fatalf("dst became %x", out)
			}
			return
		}
		marked := out[len(dst):]
		if got, ok := m.Find(marked, c); !ok || got != n {
			t.Fatalf("found %d %v, want %d in %x", got, ok, n, marked)
		}
		if rest, ok := m.Remove(marked, c); !ok || !bytes.Equal(rest, text) {
			t.Fatalf("got %x %v, want %x", rest, ok, text)
		}
		before, _ := TextLen(c, text)
		if after, ok := TextLen(c, marked); !ok || after-before != m.Len(c) {
			t.Fatalf("grown by %d, want %d", after-before, m.Len(c))
		}
	})
}
