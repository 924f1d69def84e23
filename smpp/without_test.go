package smpp

import (
	"bytes"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// A peer that knows no TLVs gets none, and the whole text all the same.
func TestWithoutTLVs(t *testing.T) {
	long := func(n int) string { return strings.Repeat("78", n) }
	tests := []struct {
		name string
		id   pdu.ID
		body string
		want string // empty: it cannot be
	}{
		{"none", pdu.DeliverSMID, shortHead + "05" + hello, shortHead + "05" + hello},
		{"some", pdu.DeliverSMID, shortHead + "05" + hello + reference + vendorTLVs, shortHead + "05" + hello},
		{"stray octets", pdu.DeliverSMID, shortHead + "05" + hello + "0000", shortHead + "05" + hello},
		{"NUL", pdu.DeliverSMID, shortHead + "05" + hello + "00" + reference, shortHead + "05" + hello},
		{"NUL and payload", pdu.DeliverSMID, shortHead + "00 00" + payload, shortHead + "05" + hello},
		{"no text", pdu.DeliverSMID, shortHead + "00" + reference, shortHead + "00"},
		{"payload", pdu.DeliverSMID, shortHead + "00" + vendorTLVs + payload + reference, shortHead + "05" + hello},
		{"empty payload", pdu.DeliverSMID, shortHead + "00 0424 0000", shortHead + "00"},
		{"payload, full", pdu.DeliverSMID, shortHead + "00 0424 00FE" + long(254), shortHead + "FE" + long(254)},
		{"payload, one over", pdu.DeliverSMID, shortHead + "00 0424 00FF" + long(255), ""},
		{"data_sm without text", pdu.DataSMID, dataHead + reference, dataHead},
		{"data_sm", pdu.DataSMID, dataHead + payload, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFrame(tt.id, 0, 7, string(octets(t, tt.body)))
			before := bytes.Clone(f)
			m, err := ParseMessage(f)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := m.WithoutTLVs()
			if ok != (tt.want != "") {
				t.Fatalf("ok: got %t, want %t", ok, tt.want != "")
			}
			if want := newFrame(tt.id, 0, 7, string(octets(t, tt.want))); ok && !bytes.Equal(got, want) {
				t.Errorf("got\n% x, want\n% x", got, want)
			}
			if !bytes.Equal(f, before) {
				t.Error("the frame itself was changed")
			}
		})
	}
}
