package handset_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"unicode/utf8"

	"readback/internal/golden"
)

// elementOfThePage is the function element of docs/wire.md, word for word.
func elementOfThePage(udhi bool, ud []byte) (number int, proof string, ok bool) {
	if !udhi || len(ud) == 0 {
		return 0, "", false
	}
	end := int(ud[0]) + 1
	if end == 1 || end > len(ud) {
		return 0, "", false
	}
	var found []byte
	for at := 1; at < end; {
		if at+2 > end {
			return 0, "", false
		}
		next := at + 2 + int(ud[at+1])
		if next > end {
			return 0, "", false
		}
		if ud[at] == 0x80 {
			found = ud[at+2 : next]
		}
		at = next
	}
	if len(found) != 2 && len(found) != 6 {
		return 0, "", false
	}
	return 256*int(found[0]) + int(found[1]), hex.EncodeToString(found[2:]), true
}

// markerOfThePage is the function marker of docs/wire.md.
func markerOfThePage(text string) (number int, shown string, ok bool) {
	r := []rune(text)
	if len(r) < 4 {
		return 0, "", false
	}
	last := r[len(r)-4:]
	if !strings.ContainsRune("□§#", last[0]) {
		return 0, "", false
	}
	for _, d := range last[1:] {
		if d < '0' || d > '9' {
			return 0, "", false
		}
		number = 10*number + int(d-'0')
	}
	return number, string(r[:len(r)-4]), true
}

// TestVectorsByThePage: who writes an app by docs/wire.md finds what the vectors say.
func TestVectorsByThePage(t *testing.T) {
	all := golden.HandsetVectors(t)
	for _, m := range all.Messages {
		if strings.Contains(m.About, "characters alone cannot tell") {
			continue
		}
		got := golden.HandsetFound{Text: m.Found.Text + m.Found.Marker}
		for _, p := range m.Parts {
			n, proof, ok := elementOfThePage(p.UDHI, golden.Octets(t, p.TPUD))
			if number := uint16(n); ok && got.Number == nil {
				got.Number, got.Carriage, got.Proof = &number, "element", proof
			}
		}
		if n, shown, ok := markerOfThePage(got.Text); ok && got.Number == nil {
			number := uint16(n)
			got = golden.HandsetFound{Number: &number, Carriage: "marker", Text: shown, Marker: got.Text[len(shown):]}
		}
		if !sameFound(got, m.Found) {
			t.Errorf("%s: found %+v, want %+v", m.Name, got, m.Found)
		}
	}
	for _, c := range all.TextMessages {
		n, shown, ok := markerOfThePage(c.Text)
		if ok != (c.Found.Number != nil) || ok && (n != int(*c.Found.Number) || shown != c.Found.Text || utf8.RuneCountInString(c.Found.Marker) != 4) {
			t.Errorf("%s: found %d, %q, %t, want %+v", c.Name, n, shown, ok, c.Found)
		}
	}
}
