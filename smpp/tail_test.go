package smpp

import (
	"fmt"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// What may follow short_message is nothing, one NUL, optional parameters, or one NUL and optional
// parameters, to the end. Everything else is stray octets.
func TestTail(t *testing.T) {
	const ports = "020B 0002 0B84"
	for _, tt := range []struct {
		name, tail string
		tags       string // of the parameters that are read
		stray      bool
	}{
		{"nothing", "", "", false},
		{"a NUL", "00", "", false},
		{"parameters", reference + ports, "0204 020b ", false},
		{"a NUL and parameters", "00" + reference + ports, "0204 020b ", false},
		{"a tag that starts with a NUL", "0005 0001 01" + ports, "0005 020b ", false},
		{"a NUL and a tag that starts with one", "00 0005 0001 01" + ports, "0005 020b ", false},
		{"an empty parameter of tag 0000", "0000 0000", "0000 ", false},
		{"parameters either way", "00 1400 0003 000000", "0014 0300 ", false}, // two of no octets, or a NUL and 1400 of three
		{"two NULs", "0000", "", true},
		{"three NULs", "0000 00", "", true},
		{"two NULs and parameters", "0000" + reference, "", true},
		{"an octet", "01", "", true},
		{"an octet and parameters", "01" + reference, "", true},
		{"a NUL behind the parameters", reference + "00", "0204 ", true},
		{"a parameter cut short", reference + "020B 0002 0B", "0204 ", true},
		{"a NUL and a parameter cut short", "00" + reference + "020B 0002 0B", "", true},
		{"a NUL on either side", "00" + reference + "00", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := ParseMessage(newFrame(pdu.SubmitSMID, 0, 7, string(octets(t, shortHead+"05"+hello+tt.tail))))
			if err != nil {
				t.Fatal(err)
			}
			tags := ""
			r := m.TLVs()
			for tlv, ok := r.Next(); ok; tlv, ok = r.Next() {
				tags += fmt.Sprintf("%04x ", uint16(tlv.Tag))
			}
			if tags != tt.tags || m.HasStrayOctets() != tt.stray || string(m.UserData()) != "Hello" {
				t.Errorf("got parameters %s, stray octets %v, text %q; want %s, %v, Hello", tags, m.HasStrayOctets(), m.UserData(), tt.tags, tt.stray)
			}
		})
	}
}
