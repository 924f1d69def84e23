package udh

import "testing"

// TestMarkerFindAny reads markers behind an SMSC that writes the text in another alphabet.
func TestMarkerFindAny(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		c          Coding
		n          uint16
		rest       string
	}{
		{"GSM 7-bit", "a\x5F017", GSM7, 17, "a"},
		{"ASCII in GSM 7-bit", "a#017", GSM7, 17, "a"},
		{"Latin-1 in UCS2", "\x00a\x00\xA7\x000\x001\x007", UCS2, 17, "\x00a"},
		{"ASCII in UCS2", "\x00a\x00#\x000\x001\x007", UCS2, 17, "\x00a"},
		{"ASCII in Latin-1", "a#017", Latin1, 17, "a"},
		{"the last of two", "a\x5F016#017", GSM7, 17, "a\x5F016"},
		{"another symbol", "a*017", GSM7, 0, "a*017"},
		{"behind an escape", "a\x1B#017", GSM7, 0, "a\x1B#017"},
		{"Latin-1 in ASCII", "a\xA7017", ASCII, 0, "a\xA7017"},
		{"octets", "a#017", Octets, 0, "a#017"},
	} {
		n, rest, ok := DefaultMarker.FindAny([]byte(tt.text), tt.c)
		if n != tt.n || string(rest) != tt.rest || ok != (tt.n > 0) {
			t.Errorf("%s: got %d %q %v, want %d %q", tt.name, n, rest, ok, tt.n, tt.rest)
		}
	}
}

// Each alphabet has a symbol of its own here, so that none is taken for another's.
func TestMarkerFindAnyOfDistinct(t *testing.T) {
	m, err := NewMarker('Ω', 'é', '½', '#')
	if err != nil {
		t.Fatal(err)
	}
	over, err := NewMarker('Ā', '§', '§', '#') // U+0100
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, text string
		m          Marker
		c          Coding
		ok         bool
	}{
		{"UCS2 in GSM 7-bit", "a\x15017", m, GSM7, true},
		{"UCS2 in UCS2", "\x00a\x03\xA9\x000\x001\x007", m, UCS2, true},
		{"UCS2 in Latin-1, which lacks it", "a\xA9017", m, Latin1, false},
		{"GSM 7-bit in GSM 7-bit", "a\x05017", m, GSM7, true},
		{"GSM 7-bit in UCS2", "\x00a\x00\xE9\x000\x001\x007", m, UCS2, true},
		{"its septet in UCS2", "\x00a\x00\x05\x000\x001\x007", m, UCS2, false},
		{"GSM 7-bit in Latin-1", "a\xE9017", m, Latin1, true},
		{"GSM 7-bit in ASCII, which lacks it", "a\x69017", m, ASCII, false},
		{"Latin-1 in Latin-1", "a\xBD017", m, Latin1, true},
		{"Latin-1 in GSM 7-bit, which lacks it", "a\x00017", m, GSM7, false},
		{"ASCII in each", "a#017", m, ASCII, true},
		{"over Latin-1", "a\x00017", over, Latin1, false},
		{"no symbols", "a\x00017", Marker{}, GSM7, false},
		{"no symbols, no text", "", Marker{}, GSM7, false},
		{"no symbols, octets", "017", Marker{}, Latin1, false},
		{"symbol alone", "#017", m, Latin1, true},
		{"unknown coding", "a#017", m, codings, false},
	} {
		n, rest, ok := tt.m.FindAny([]byte(tt.text), tt.c)
		want, left := uint16(0), tt.text
		if tt.ok {
			want, left = 17, tt.text[:len(tt.text)-4]
			if tt.c == UCS2 {
				left = tt.text[:len(tt.text)-8]
			}
		}
		if n != want || string(rest) != left || ok != tt.ok {
			t.Errorf("%s: got %d %q %v, want %d %q %v", tt.name, n, rest, ok, want, left, tt.ok)
		}
	}
}
