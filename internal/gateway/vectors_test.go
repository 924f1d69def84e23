package gateway

import (
	"encoding/hex"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// TestPackedVectors numbers "Hello" as an SMSC wants it that takes GSM 7-bit text packed:
// the text is packed anew behind the longer header.
func TestPackedVectors(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"no header", "c8329bfd06", "0480020001" + "20cb6cf61b"},
		{"a part", "050003640201" + "906536fb0d", "09000364020180020001" + "802cb3d96f"},
		{"a header alone", "050003640201" + "1a", "09000364020180020001" + "00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ud, err := hex.DecodeString(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			m := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number("447700900123"), UserData: ud}
			if tt.name != "no header" {
				m.ESMClass = smpp.ESMClassUDHI
			}
			i := newInterceptor(numbering(1))
			i.Form.Packed = true
			out, _, skip := i.Submit(&Scratch{}, "bank", Policy{When: All}, m.Append(nil, pdu.SubmitSMID, 1))
			if skip != Numbered {
				t.Fatalf("skip %v, want numbered", skip)
			}
			got, err := smpp.ParseMessage(out)
			if err != nil {
				t.Fatal(err)
			}
			if ud := hex.EncodeToString(got.UserData()); ud != tt.want || !got.HasUDH() {
				t.Errorf("user data: got %s, header %v, want %s", ud, got.HasUDH(), tt.want)
			}
		})
	}
}
