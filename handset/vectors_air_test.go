package handset_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"readback/internal/golden"
	"readback/udh"
)

// serviceCentre is +447700900100 as it stands before a TPDU at a modem.
const serviceCentre = "\x07\x91\x44\x77\x00\x09\x10\x00"

// receivedAt is TP-SCTS of 23 November 2026, 08:30:00 UTC.
const receivedAt = "\x62\x11\x32\x80\x03\x00\x00"

// onAir returns the part as SMPP has it and as a modem reads it: GSM 7-bit is packed behind the header, ASCII and
// Latin-1 have become GSM 7-bit.
func onAir(t *testing.T, p vectorPart, sender string) golden.HandsetPart {
	t.Helper()
	dcs, udl, ud := p.dataCoding, len(p.userData), []byte(p.userData)
	if c := udh.CodingOf(p.dataCoding, udh.GSM7); c != udh.UCS2 {
		var header udh.Header
		if p.udhi {
			var err error
			if header, err = udh.ParseHeader(ud); err != nil {
				t.Fatalf("%q: a malformed header with packed text: %v", p.userData, err)
			}
		}
		septets := ud[header.Len():]
		if c != udh.GSM7 {
			var ok bool
			if septets, ok = udh.Encode(udh.Decode(septets, c), udh.GSM7); !ok {
				t.Fatalf("%q: no GSM 7-bit", p.userData)
			}
			dcs = 0
		}
		packed, ok := udh.Pack(nil, septets, header.Len())
		if !ok {
			t.Fatalf("%q: cannot be packed", p.userData)
		}
		udl = (header.Len()*8+6)/7 + len(septets)
		ud = append(append([]byte(nil), header...), packed...)
	}
	first := byte(0x04) // SMS-DELIVER, no more messages
	if p.udhi {
		first |= 0x40
	}
	tpdu := serviceCentre + string([]byte{first}) + address(t, sender) + "\x00" + string([]byte{dcs}) + receivedAt + string([]byte{byte(udl)}) + string(ud)
	return golden.HandsetPart{
		HandsetPDU: pduOf(p.dataCoding, p.udhi, p.userData), TPDCS: hexOf(string([]byte{dcs})), TPUDL: udl, TPUD: hexOf(string(ud)), TPDU: hexOf(tpdu),
	}
}

// address is TP-OA or TP-DA (TS 23.040 §9.1.2.5).
func address(t *testing.T, addr string) string {
	t.Helper()
	kind := byte(0x81)
	if rest, ok := strings.CutPrefix(addr, "+"); ok {
		kind, addr = 0x91, rest
	}
	if strings.Trim(addr, "0123456789") != "" {
		septets, _ := udh.Encode(addr, udh.GSM7)
		packed, ok := udh.Pack(nil, septets, 0)
		if !ok {
			t.Fatalf("address %q", addr)
		}
		return string([]byte{byte((len(septets)*7 + 3) / 4)}) + "\xd0" + string(packed)
	}
	digits := addr
	if len(digits)%2 == 1 {
		digits += "F"
	}
	swapped := []byte(digits)
	for i := 0; i < len(swapped); i += 2 {
		swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
	}
	b, err := hex.DecodeString(string(swapped))
	if err != nil {
		t.Fatal(err)
	}
	return string([]byte{byte(len(addr)), kind}) + string(b)
}

// submitTPDU is the SMS-SUBMIT of a header alone, for AT+CMGS of a modem that knows its service centre.
func submitTPDU(t *testing.T, to string, userData []byte) string {
	t.Helper()
	const binary = 0x04
	return hexOf("\x00" + "\x41\x00" + address(t, to) + "\x00" + string([]byte{binary}) + string([]byte{byte(len(userData))}) + string(userData))
}

func pduOf(dataCoding byte, udhi bool, userData string) golden.HandsetPDU {
	return golden.HandsetPDU{DataCoding: hexOf(string([]byte{dataCoding})), UDHI: udhi, ShortMessage: hexOf(userData)}
}

func hexOf(octets string) string { return hex.EncodeToString([]byte(octets)) }
