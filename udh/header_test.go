package udh

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
)

// unhex reads octets in hex, spaced as one likes.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func TestParseHeader(t *testing.T) {
	for _, tt := range []struct {
		name, ud string
		len      int
		ids      []byte
	}{
		{"one element", "05 0003640201 4869", 6, []byte{0x00}},
		{"two elements", "09 0003640201 80020001 4869", 10, []byte{0x00, 0x80}},
		{"no text", "04 80020001", 5, []byte{0x80}},
		{"element without data", "02 9000 41", 3, []byte{0x90}},
		{"longest", "FF 70FD" + strings.Repeat("00", 253), 256, []byte{0x70}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, err := ParseHeader(unhex(tt.ud))
			if err != nil {
				t.Fatal(err)
			}
			var ids []byte
			for e := range h.Elements() {
				ids = append(ids, e.ID)
			}
			if h.Len() != tt.len || !slices.Equal(ids, tt.ids) {
				t.Errorf("got %d octets with elements %x, want %d with %x", h.Len(), ids, tt.len, tt.ids)
			}
		})
	}
}

func TestParseHeaderMalformed(t *testing.T) {
	for _, tt := range []struct {
		name, ud string
		want     HeaderError
	}{
		{"nothing", "", HeaderError{"UDHL", 0}},
		{"no elements", "00 4869", HeaderError{"UDHL", 0}},
		{"longer than the user data", "05 00036402", HeaderError{"UDHL", 0}},
		{"identifier alone", "06 0003640201 80 4869", HeaderError{"IEI", 6}},
		{"element over the end by one", "05 0004640201 4869", HeaderError{"IEDL", 2}},
		{"second element over the end", "08 0003640201 800200 4869", HeaderError{"IEDL", 7}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseHeader(unhex(tt.ud))
			var got *HeaderError
			if !errors.As(err, &got) || *got != tt.want {
				t.Errorf("got %v, want %v", err, &tt.want)
			}
			if !errors.Is(err, ErrHeader) {
				t.Errorf("%v is no ErrHeader", err)
			}
		})
	}
	_, err := ParseHeader(unhex("05 0004640201"))
	if got, want := err.Error(), "malformed user data header: IEDL at octet 2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseHeaderCut(t *testing.T) {
	ud := unhex("0D 0003640201 80020101 240101 9000")
	ud[0] = byte(len(ud) - 1)
	if _, err := ParseHeader(ud); err != nil {
		t.Fatal(err)
	}
	for i := range ud {
		if _, err := ParseHeader(ud[:i]); !errors.Is(err, ErrHeader) {
			t.Errorf("cut at %d: got %v, want ErrHeader", i, err)
		}
	}
	// Cut by UDHL, a header is well-formed between two elements only.
	for udhl := 1; udhl < len(ud)-1; udhl++ {
		ud[0] = byte(udhl)
		_, err := ParseHeader(ud)
		if want := udhl == 5 || udhl == 9 || udhl == 12; (err == nil) != want {
			t.Errorf("UDHL %d: got %v, want well-formed %v", udhl, err, want)
		}
	}
}

func TestFindLast(t *testing.T) {
	h, err := ParseHeader(unhex("0D 80020001 0003640201 80020002 41"))
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := h.Find(0x80); !ok || !slices.Equal(e.Data, []byte{0, 2}) {
		t.Errorf("got %x %v, want 0002", e.Data, ok)
	}
	if e, ok := h.Find(0x81); ok {
		t.Errorf("got %x, want none", e)
	}
}

func TestElementsStop(t *testing.T) {
	h, err := ParseHeader(unhex("09 0003640201 80020001"))
	if err != nil {
		t.Fatal(err)
	}
	for e := range h.Elements() {
		if e.ID != 0x00 {
			t.Fatalf("got element %02x, want the first only", e.ID)
		}
		break
	}
}

func TestConcat(t *testing.T) {
	narrow, wide := Part{0x64, false, 2, 1}, Part{0x1234, true, 3, 2}
	for _, tt := range []struct {
		name, ud string
		want     Part
		ok       bool
	}{
		{"8-bit", "05 0003640201", narrow, true},
		{"16-bit", "06 080412340302", wide, true},
		{"8-bit, the last part", "05 0003640202", Part{0x64, false, 2, 2}, true},
		{"16-bit, the last part", "06 080412340303", Part{0x1234, true, 3, 3}, true},
		{"the only part", "05 0003640101", Part{0x64, false, 1, 1}, true},
		{"most parts", "05 000364FFFF", Part{0x64, false, 255, 255}, true},
		{"16-bit of five octets", "07 08051234030200", Part{}, false},
		{"16-bit of three octets", "05 0803640201", Part{}, false},
		{"8-bit of four octets", "06 000464020102", Part{}, false},
		{"another element that looks like 8-bit", "05 9003640201", Part{}, false},
		{"another element that looks like 16-bit", "06 900412340302", Part{}, false},
		{"behind others", "0A 05040B8423F0 0003640201", narrow, true},
		{"the last counts, 16-bit", "0B 0003640201 080412340302", wide, true},
		{"the last counts, 8-bit", "0B 080412340302 0003640201", narrow, true},
		{"the last is ignored", "0B 0003640201 080412340304", narrow, true},
		{"total of zero", "05 0003640000", Part{}, false},
		{"sequence of zero", "05 0003640200", Part{}, false},
		{"sequence over total", "05 0003640203", Part{}, false},
		{"of another length", "06 000464020100", Part{}, false},
		{"none", "04 80020001", Part{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ud := unhex(tt.ud)
			ud[0] = byte(len(ud) - 1)
			h, err := ParseHeader(ud)
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := h.Concat(); got != tt.want || ok != tt.ok {
				t.Errorf("got %+v %v, want %+v %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestHeaderHas(t *testing.T) {
	for _, tt := range []struct {
		name, ud           string
		ports, sim, locked bool
	}{
		{"plain", "05 0003640201", false, false, false},
		{"8-bit ports", "04 0402F0F1", true, false, false},
		{"16-bit ports behind concat", "0B 0003640201 05040B8423F0", true, false, false},
		{"first of SIM toolkit", "02 7000", false, true, false},
		{"last of SIM toolkit", "07 0003640201 7F00", false, true, false},
		{"beside SIM toolkit", "04 6F00 8000", false, false, false},
		{"locking shift", "03 250101", false, false, true},
		{"single shift", "03 240101", false, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, err := ParseHeader(unhex(tt.ud))
			if err != nil {
				t.Fatal(err)
			}
			if got := h.HasPorts(); got != tt.ports {
				t.Errorf("ports: got %v, want %v", got, tt.ports)
			}
			if got := h.HasSIMToolkit(); got != tt.sim {
				t.Errorf("SIM toolkit: got %v, want %v", got, tt.sim)
			}
			if got := h.HasLockingShift(); got != tt.locked {
				t.Errorf("locking shift: got %v, want %v", got, tt.locked)
			}
		})
	}
}

// FuzzHeader: a header that is well-formed is its elements, one behind the other.
func FuzzHeader(f *testing.F) {
	for _, s := range []string{"", "00", "04 80020001", "0B 0003640201 05040B8423F0 41", "05 0004640201 48"} {
		f.Add(unhex(s))
	}
	f.Fuzz(func(t *testing.T, ud []byte) {
		h, err := ParseHeader(ud)
		if err != nil {
			if !errors.Is(err, ErrHeader) {
				t.Fatalf("%v is no ErrHeader", err)
			}
			return
		}
		again := []byte{ud[0]}
		for e := range h.Elements() {
			again = append(append(again, e.ID, byte(len(e.Data))), e.Data...)
			if _, ok := h.Find(e.ID); !ok {
				t.Fatalf("element %02x is not found", e.ID)
			}
		}
		if !slices.Equal(again, ud[:h.Len()]) {
			t.Fatalf("elements give %x, want %x", again, ud[:h.Len()])
		}
		if p, ok := h.Concat(); ok && (p.Seq == 0 || p.Seq > p.Total) {
			t.Fatalf("got part %+v", p)
		}
	})
}
