package receipt

import (
	"testing"

	"readback/smpp"
)

// The text is read in the coding of the message, behind a header if there is one.
func TestParseCoding(t *testing.T) {
	const header = "\x05\x00\x03\x2A\x01\x01"
	for _, tt := range []struct {
		name       string
		esmClass   byte
		dataCoding byte
		userData   string
		words      string // nothing: no receipt
	}{
		{"default alphabet", 0x04, 0x00, appendixB, "Hello"},
		{"ASCII", 0x04, 0x01, appendixB, "Hello"},
		{"Latin-1", 0x04, 0x03, appendixB + "\xE9", "Hello\xE9"},
		{"message class", 0x04, 0xF1, appendixB, "Hello"},
		{"UCS2", 0x04, 0x08, ucs2(appendixB), "Hello"},
		{"UCS2 beyond ASCII", 0x04, 0x08, ucs2(appendixB + "é!"), "Hello?!"},
		{"UCS2 with half a character", 0x04, 0x08, ucs2(appendixB) + "\x00", "Hello"},
		{"UCS2 with a byte order mark", 0x04, 0x08, "\xFE\xFF" + ucs2(appendixB), "Hello"},
		{"UCS2 with NULs at the end", 0x04, 0x08, ucs2(appendixB) + "\x00\x00\x00\x00", "Hello"},
		{"UCS2 that is called the default alphabet", 0x04, 0x00, ucs2(appendixB), "Hello"},
		{"UCS2 with a class", 0x04, 0x18, ucs2(appendixB), "Hello"},
		{"ASCII that is called UCS2", 0x04, 0x08, appendixB, "Hello"},
		{"header", 0x44, 0x00, header + appendixB, "Hello"},
		{"header and UCS2", 0x44, 0x08, header + ucs2(appendixB), "Hello"},
		{"UDHI without header", 0x44, 0x00, appendixB, "Hello"},
		{"UDHI without header, longer than its first octet says", 0x44, 0x00, appendixB + " and more", "Hello and more"},
		{"UDHI and nothing", 0x44, 0x00, "", ""},
		{"header without UDHI", 0x04, 0x00, "\x00\x00 " + appendixB, "Hello"},
		{"neither", 0x04, 0x08, "\x4F\x60\x59\x7D", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			frames := map[string]smpp.Frame{"data_sm": data(tt.esmClass, tt.dataCoding, tlv(smpp.TagMessagePayload, tt.userData))}
			if len(tt.userData) < 255 {
				frames["deliver_sm"] = deliver(tt.esmClass, tt.dataCoding, tt.userData, "")
			}
			frames["message_payload"] = deliver(tt.esmClass, tt.dataCoding, "", tlv(smpp.TagMessagePayload, tt.userData))
			for name, f := range frames {
				r, ok := Parse(parsed(t, f))
				if !ok {
					t.Fatalf("%s: no receipt", name)
				}
				if tt.words == "" {
					if len(r.ID) > 0 || r.State != Unknown {
						t.Errorf("%s: got %q, %v, want nothing", name, r.ID, r.State)
					}
					continue
				}
				if got := r.Fields(); string(r.ID) != "4A7F01" || r.State != Delivered || string(got.Text) != tt.words {
					t.Errorf("%s: got %q, %v, text %q, want 4A7F01, DELIVERED, %q", name, r.ID, r.State, got.Text, tt.words)
				}
			}
		})
	}
}
