package udh

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

const iei = 0x80

func TestAppend(t *testing.T) {
	for _, tt := range []struct {
		name, ud string
		has      bool
		n        uint16
		want     string
	}{
		{"no header", "48656C6C6F", false, 1, "0480020001 48656C6C6F"},
		{"behind concat8", "050003640201 48656C6C6F", true, 1, "09000364020180020001 48656C6C6F"},
		{"behind concat16", "06080412340302 48656C6C6F", true, 1, "0A08041234030280020001 48656C6C6F"},
		{"257", "4869", false, 257, "0480020101 4869"},
		{"65535", "4869", false, 65535, "048002FFFF 4869"},
		{"0", "4869", false, 0, "0480020000 4869"},
		{"no text", "", false, 1, "0480020001"},
		{"header and no text", "050003640201", true, 1, "09000364020180020001"},
		{"text that looks like a header", "0480020001", false, 2, "0480020002 0480020001"},
		{"another private identifier", "049002ABCD 41", true, 1, "089002ABCD80020001 41"},
		{"fullest", "FB70F9" + strings.Repeat("00", 249), true, 1, "FF70F9" + strings.Repeat("00", 249) + "80020001"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ud, want := unhex(tt.ud), unhex(tt.want)
			got, err := Append([]byte("dst"), ud, tt.has, iei, tt.n)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, append([]byte("dst"), want...)) {
				t.Fatalf("got %x, want %x", got[3:], want)
			}
			if n, ok := Number(got[3:], iei); n != tt.n || !ok {
				t.Errorf("number: got %d %v, want %d", n, ok, tt.n)
			}
			out, has, ok := Remove([]byte("dst"), got[3:], iei)
			if !ok || has != tt.has || !bytes.Equal(out[3:], ud) {
				t.Errorf("removed: got %x, header %v, %v; want %x, header %v", out[3:], has, ok, ud, tt.has)
			}
		})
	}
}

func TestAppendRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, ud string
		want     error
	}{
		{"taken", "04 80020001 41", ErrTaken},
		{"taken by somebody else's", "09 8003000001 9002ABCD 41", ErrTaken},
		{"malformed", "05 0004640201 41", ErrHeader},
		{"no elements", "00 41", ErrHeader},
		{"nothing", "", ErrHeader},
		{"full", "FC70FA" + strings.Repeat("00", 250), ErrNoRoom},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dst := make([]byte, 3, 512)
			copy(dst, "dst")
			got, err := Append(dst, unhex(tt.ud), true, iei, 1)
			if !errors.Is(err, tt.want) || string(got) != "dst" {
				t.Errorf("got %q and %v, want dst and %v", got, err, tt.want)
			}
		})
	}
	long := Element{iei, make([]byte, 254)}
	if _, err := AppendElement(nil, nil, false, long); !errors.Is(err, ErrNoRoom) {
		t.Errorf("element of 256 octets: got %v, want %v", err, ErrNoRoom)
	}
}

func TestAppendElement(t *testing.T) {
	want := unhex("05 8103001101 4F4B")
	got, err := AppendElement(nil, []byte("OK"), false, Element{0x81, []byte{0x00, 0x11, 0x01}})
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %x %v, want %x", got, err, want)
	}
}

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		name, ud string
		want     uint16
		ok       bool
	}{
		{"alone", "04 80020101", 257, true},
		{"with proof", "08 80060011 9F3A01C2", 17, true},
		{"the last counts", "08 80020001 80020002", 2, true},
		{"the last is somebody else's", "09 80020001 8003000002", 0, false},
		{"too short", "03 800101", 0, false},
		{"another identifier", "04 81020001", 0, false},
		{"malformed", "05 80020001 41", 0, false},
		{"nothing", "", 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := Number(unhex(tt.ud), iei); got != tt.want || ok != tt.ok {
				t.Errorf("got %d %v, want %d %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

// An element of ours holds a number, or a number and its proof. Any other length is
// somebody else's.
func TestNumberLengths(t *testing.T) {
	for iedl := range 16 {
		ud := append([]byte{byte(2 + iedl), iei, byte(iedl)}, 0x12, 0x34)
		ud = append(ud, make([]byte, 16)...)[:3+iedl]
		want := uint16(0x1234)
		ours := iedl == 2 || iedl == 6
		if !ours {
			want = 0
		}
		if got, ok := Number(ud, iei); got != want || ok != ours {
			t.Errorf("IEDL %d: got %#x %v, want %#x %v", iedl, got, ok, want, ours)
		}
	}
}

func TestRemove(t *testing.T) {
	for _, tt := range []struct {
		name, ud, want string
		has, ok        bool
	}{
		{"alone", "04 80020001 41", "41", false, true},
		{"in front", "09 80020001 0003640201 41", "05 0003640201 41", true, true},
		{"the last of two", "08 80020001 80020002 41", "04 80020001 41", true, true},
		{"with proof", "08 80060001 01020304 41", "41", false, true},
		{"not there", "05 0003640201 41", "", false, false},
		{"malformed", "05 80020001 41", "", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, has, ok := Remove([]byte("dst"), unhex(tt.ud), iei)
			want := append([]byte("dst"), unhex(tt.want)...)
			if !bytes.Equal(out, want) || has != tt.has || ok != tt.ok {
				t.Errorf("got %x %v %v, want %x %v %v", out, has, ok, want, tt.has, tt.ok)
			}
		})
	}
}

func TestNoAllocations(t *testing.T) {
	text := []byte("Hello")
	ud := unhex("05 0003640201 48656C6C6F")
	buf := make([]byte, 0, 256)
	sink := 0
	for _, tt := range []struct {
		name string
		f    func()
	}{
		{"Append", func() { out, _ := Append(buf, ud, true, iei, 257); sink += len(out) }},
		{"Append without header", func() { out, _ := Append(buf, text, false, iei, 257); sink += len(out) }},
		{"Append refused", func() { _, err := Append(buf, ud, true, 0x00, 1); sink += len(err.Error()) }},
		{"Number", func() { n, _ := Number(ud, iei); sink += int(n) }},
		{"Remove", func() { out, _, _ := Remove(buf, ud, 0x00); sink += len(out) }},
		{"Room", func() { sink += Room(GSM7, 6) }},
		{"TextLen", func() { n, _ := TextLen(ASCII, text); sink += n }},
		{"FitsElement", func() { _ = FitsElement(UCS2, 6, ElementLen, text) }},
		{"Marker.Append", func() { out, _ := DefaultMarker.Append(buf, text, GSM7, 257); sink += len(out) }},
		{"Marker.Find", func() { n, _ := DefaultMarker.Find(text, GSM7); sink += int(n) }},
		{"Header", func() {
			h, _ := ParseHeader(ud)
			p, _ := h.Concat()
			for e := range h.Elements() {
				sink += int(e.ID) + int(p.Seq)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := testing.AllocsPerRun(100, tt.f); got != 0 {
				t.Errorf("got %v allocations, want 0", got)
			}
		})
	}
}

// FuzzAppend: taking the element out again gives the user data back, and what is
// refused leaves dst as it was.
func FuzzAppend(f *testing.F) {
	f.Add(unhex("48656C6C6F"), false, byte(iei), uint16(1))
	f.Add(unhex("050003640201 48656C6C6F"), true, byte(iei), uint16(257))
	f.Add(unhex("0480020001"), true, byte(iei), uint16(2))
	f.Add(unhex("00 41"), true, byte(iei), uint16(3))
	f.Fuzz(func(t *testing.T, ud []byte, has bool, iei byte, n uint16) {
		dst := []byte("dst")
		out, err := Append(dst, ud, has, iei, n)
		if !bytes.HasPrefix(out, dst) {
			t.Fatalf("dst became %x", out)
		}
		if err != nil {
			if len(out) != len(dst) || !errors.Is(err, ErrHeader) && !errors.Is(err, ErrTaken) && !errors.Is(err, ErrNoRoom) {
				t.Fatalf("got %x and %v", out, err)
			}
			return
		}
		numbered := out[len(dst):]
		if got, ok := Number(numbered, iei); !ok || got != n {
			t.Fatalf("got number %d %v, want %d in %x", got, ok, n, numbered)
		}
		grown := 1 + ElementLen
		if has {
			grown = ElementLen
		}
		if len(numbered) != len(ud)+grown {
			t.Fatalf("grown by %d octets, want %d", len(numbered)-len(ud), grown)
		}
		back, backHas, ok := Remove(nil, numbered, iei)
		if !ok || backHas != has || !bytes.Equal(back, ud) {
			t.Fatalf("got %x, header %v, %v; want %x, header %v", back, backHas, ok, ud, has)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	ud := append(unhex("05 0003640201"), bytes.Repeat([]byte("a"), 140)...)
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Append(buf, ud, true, iei, 257); err != nil {
			b.Fatal(err)
		}
	}
}
