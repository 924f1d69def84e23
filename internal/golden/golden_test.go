package golden_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"

	"readback/internal/golden"
	"readback/smpp"
	"readback/udh"
)

const iei = 0x80

// isMessage tells which PDUs smpp.ParseMessage is for.
func isMessage(id pdu.ID) bool {
	return id == pdu.SubmitSMID || id == pdu.DataSMID || id == pdu.DeliverSMID
}

func TestFrames(t *testing.T) {
	for _, p := range golden.All(t) {
		for section, b := range map[string][]byte{"in": p.In, "out": p.Want()} {
			t.Run(p.Name+"/"+section, func(t *testing.T) {
				r := smpp.NewReader(bytes.NewReader(b))
				f, err := r.Next()
				if err != nil {
					t.Fatalf("command_length: %v", err)
				}
				if f.Len() != len(b) {
					t.Errorf("command_length: got %d, want %d", f.Len(), len(b))
				}
				if p.Skip != "malformed" && isMessage(f.ID()) {
					if _, err := smpp.ParseMessage(f); err != nil {
						t.Error(err)
					}
				}
				if _, err := r.Next(); err != io.EOF {
					t.Errorf("behind the frame: got %v, want %v", err, io.EOF)
				}
			})
		}
	}
}

// TestOut: what leaves differs from what came by the number alone, and the bits
// of registered_delivery that ask for an acknowledgement.
func TestOut(t *testing.T) {
	for _, p := range golden.All(t) {
		if p.Out == nil {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			in, out := parse(t, p.In), parse(t, p.Out)
			if got, want := out.RegisteredDelivery(), in.RegisteredDelivery()&^smpp.RegisteredAckMask; got != want {
				t.Errorf("registered_delivery: got %02x, want %02x", got, want)
			}
			f, ok := in.AppendUserData(nil, out.UserData(), out.ESMClass(), out.RegisteredDelivery())
			if !ok || !bytes.Equal(f, p.Out) {
				t.Errorf("beside the user data:\ngot  %x\nwant %x", p.Out, f)
			}
			n, back, esmClass := without(t, out)
			if n != p.Number {
				t.Errorf("number: got %d, want %d", n, p.Number)
			}
			if !bytes.Equal(back, in.UserData()) || esmClass != in.ESMClass() {
				t.Errorf("without the number: got %x and esm_class %02x, want %x and %02x",
					back, esmClass, in.UserData(), in.ESMClass())
			}
			c, header, text := split(t, out)
			if units, ok := udh.TextLen(c, text); !ok || units > udh.Room(c, header) {
				t.Errorf("%d units of %v behind %d octets do not fit", units, c, header)
			}
		})
	}
}

// without takes the number out of m, whichever way m carries it.
func without(t *testing.T, m smpp.Message) (n uint16, ud []byte, esmClass byte) {
	t.Helper()
	if n, ok := udh.Number(m.UserData(), iei); ok && m.HasUDH() {
		ud, has, _ := udh.Remove(nil, m.UserData(), iei)
		if has {
			return n, ud, m.ESMClass()
		}
		return n, ud, m.ESMClass() &^ smpp.ESMClassUDHI
	}
	c := udh.CodingOf(m.DataCoding(), udh.GSM7)
	n, ok := udh.DefaultMarker.Find(m.UserData(), c)
	if !ok {
		t.Fatalf("neither element nor marker in %x", m.UserData())
	}
	ud, _ = udh.DefaultMarker.Remove(m.UserData(), c)
	return n, ud, m.ESMClass()
}

// TestNoRoom: what has no room would not fit, by either of the ways it may take.
func TestNoRoom(t *testing.T) {
	for _, p := range golden.All(t) {
		if p.Skip != "no_room" {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			c, header, text := split(t, parse(t, p.In))
			if p.Carriage != "text" && udh.FitsElement(c, header, udh.ElementLen, text) {
				t.Error("there is room for the element")
			}
			if p.Carriage != "udh" && udh.DefaultMarker.Fits(c, header, text) {
				t.Error("there is room for the marker")
			}
		})
	}
}

// TestEachKind: there is a file for each skip and each carriage.
func TestEachKind(t *testing.T) {
	seen := make(map[string]int)
	for _, p := range golden.All(t) {
		seen["skip "+p.Skip]++
		seen["from "+p.From]++
		if p.Out != nil {
			seen["carriage "+p.Carriage]++
		}
	}
	for _, kind := range []string{
		"skip not_requested", "skip no_room", "skip taken", "skip malformed", "skip no_sender", "skip binary", "skip not_a_message", "skip ack", "skip replace", "skip multi",
		"carriage udh", "carriage text", "carriage auto", "from esme", "from smsc", "from gateway",
	} {
		if seen[kind] == 0 {
			t.Errorf("no golden PDU with %s", kind)
		}
	}
}

// TestOracle: go-smpp reads the feedback as it is meant.
func TestOracle(t *testing.T) {
	body, err := pdu.Decode(bytes.NewReader(golden.Bytes(t, "feedback_sme_ack.txt", "in")))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"source_addr":      "8613800138000",
		"destination_addr": "10690001",
		"short_message":    "readback receiver:8613800138000 number:017 status:1 read:2026-11-23T08:30:00Z",
	} {
		if got := body.Fields()[pdufield.Name(name)].String(); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := len(body.TLVFields()); got != 4 {
		t.Errorf("TLVs: got %d, want 4", got)
	}
}

func parse(t *testing.T, b []byte) smpp.Message {
	t.Helper()
	m, err := smpp.ParseMessage(b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// split returns the coding of m, the length of its header, and its text.
func split(t *testing.T, m smpp.Message) (c udh.Coding, headerLen int, text []byte) {
	t.Helper()
	if m.HasUDH() {
		h, err := udh.ParseHeader(m.UserData())
		if err != nil {
			t.Fatal(err)
		}
		headerLen = h.Len()
	}
	return udh.CodingOf(m.DataCoding(), udh.GSM7), headerLen, m.UserData()[headerLen:]
}
