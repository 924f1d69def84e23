package smpp

import (
	"bytes"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
)

// What ParseMessage refuses can still be read, as long as the addresses can.
func TestParseLenient(t *testing.T) {
	const (
		from, head   = "10690001", addresses + "04 00 00 00 00 05 00 08 00\n"
		emptyPayload = "0424 0000\n"
		longPayload  = "0424 0006" + hello + "21"
	)
	for _, tt := range []struct {
		name  string
		id    pdu.ID
		body  string
		class byte
		ud    string
		tags  int // optional parameters that are read
	}{
		{"nothing wrong", pdu.DeliverSMID, head + "05" + hello + reference, 4, "Hello", 1},
		{"text and an empty payload", pdu.DeliverSMID, head + "05" + hello + emptyPayload + reference, 4, "Hello", 2},
		{"text and the same payload", pdu.DeliverSMID, head + "05" + hello + payload, 4, "Hello", 1},
		{"text and a longer payload", pdu.DeliverSMID, head + "05" + hello + longPayload, 4, "Hello!", 1},
		{"text and a shorter payload", pdu.DeliverSMID, head + "06" + hello + "21" + payload, 4, "Hello!", 1},
		{"two payloads", pdu.DeliverSMID, head + "00" + payload + longPayload, 4, "Hello", 2},
		{"an empty payload and another", pdu.DataSMID, dataHead + emptyPayload + payload, 0, "Hello", 2},
		{"octets behind the parameters", pdu.DeliverSMID, head + "00" + payload + "00", 4, "Hello", 1},
		{"octets behind those of data_sm", pdu.DataSMID, dataHead + payload + reference + "01", 0, "Hello", 2},
		{"a parameter cut short", pdu.DeliverSMID, head + "00" + reference + "0424 0006" + hello, 4, "", 1},
		{"sm_length too long", pdu.DeliverSMID, head + "FF" + hello, 4, "Hello", 0},
		{"no sm_length", pdu.DeliverSMID, head, 4, "", 0},
		{"no data_coding", pdu.DataSMID, addresses + "04 05", 4, "", 0},
		{"an endless validity_period", pdu.DeliverSMID, addresses + "04 00 00 00 3031", 4, "", 0},
		{"no esm_class", pdu.DeliverSMID, addresses, 0, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFrame(tt.id, 0, 7, string(octets(t, tt.body)))
			m, err := ParseLenient(f)
			if err != nil {
				t.Fatal(err)
			}
			tags := 0
			for r := m.TLVs(); ; tags++ {
				if _, ok := r.Next(); !ok {
					break
				}
			}
			if string(m.From.Addr) != from || string(m.To.Addr) != "447700900123" || m.ESMClass() != tt.class || string(m.UserData()) != tt.ud || tags != tt.tags {
				t.Errorf("got %s to %s, esm_class %02x, %q, %d parameters; want esm_class %02x, %q, %d", m.From.Addr, m.To.Addr, m.ESMClass(), m.UserData(), tags, tt.class, tt.ud, tt.tags)
			}
			_, _, _, _, _ = m.ProtocolID(), m.RegisteredDelivery(), m.ReplaceIfPresent(), m.DataCoding(), m.DefaultMessageID()
		})
	}
}

// A PDU that is cut short can be read from the end of its addresses on.
func TestParseLenientCutShort(t *testing.T) {
	for _, g := range golden.All(t) {
		whole := Frame(g.In)
		if id := whole.ID(); id != pdu.DeliverSMID && id != pdu.DataSMID {
			continue
		}
		strict, err := ParseMessage(whole)
		if err != nil {
			t.Fatal(err)
		}
		for n := HeaderLen; n < len(whole); n++ {
			m, err := ParseLenient(bytes.Clone(whole[:n]))
			if got, want := err == nil, n >= strict.esmClass; got != want {
				t.Errorf("%s, %d octets: got %v, want that it can be read: %t", g.Name, n, err, want)
			}
			if err == nil && !bytes.HasPrefix(strict.UserData(), m.UserData()) {
				t.Errorf("%s, %d octets: got text %q of %q", g.Name, n, m.UserData(), strict.UserData())
			}
		}
	}
}

// A changed copy has its text in one place. One that lacks a field is not changed.
func TestChangeOfLenient(t *testing.T) {
	both := octets(t, shortHead+"02 4869"+payload+reference)
	m, err := ParseLenient(newFrame(pdu.DeliverSMID, 0, 7, string(both)))
	if err != nil {
		t.Fatal(err)
	}
	all := func(v TLV) ([]byte, bool) { return v.Value, true }
	want := newFrame(pdu.DeliverSMID, 0, 7, string(octets(t, shortHead+"00 0424 0002 4142"+reference)))
	for name, change := range map[string]func(TLV) ([]byte, bool){"kept": nil, "written": all} {
		if got, ok := m.AppendChanged(nil, Change{UserData: []byte("AB"), RegisteredDelivery: 5, TLV: change}); !ok || !bytes.Equal(got, want) {
			t.Errorf("%s: got %t\n% x, want\n% x", name, ok, []byte(got), []byte(want))
		}
	}
	want = newFrame(pdu.DeliverSMID, 0, 7, string(octets(t, shortHead+"05"+hello)))
	if got, ok := m.WithoutTLVs(); !ok || !bytes.Equal(got, want) {
		t.Errorf("without parameters: got %t\n% x, want\n% x", ok, []byte(got), []byte(want))
	}
	cut, err := ParseLenient(newFrame(pdu.DeliverSMID, 0, 7, string(octets(t, addresses+"04"))))
	if got, ok := cut.AppendChanged(nil, Change{}); ok || err != nil {
		t.Errorf("cut short: got % x, %v", []byte(got), err)
	}
	if got, ok := cut.WithoutTLVs(); !ok || !bytes.Equal(got, cut.Frame) {
		t.Errorf("cut short, without parameters: got %t, % x", ok, []byte(got))
	}
}

// FuzzParseLenient shows that any octets can be read or not at all, that what ParseMessage takes is read the
// same, and that a changed copy can be read again.
func FuzzParseLenient(f *testing.F) {
	for _, g := range golden.All(f) {
		f.Add(g.In[min(len(g.In), HeaderLen):], Frame(g.In).ID() == pdu.DataSMID)
	}
	f.Add(octets(f, shortHead+"FF"+hello+payload), false)
	f.Add(octets(f, shortHead+"05"+hello+payload+"00"), false)
	f.Fuzz(func(t *testing.T, body []byte, data bool) {
		id := pdu.DeliverSMID
		if data {
			id = pdu.DataSMID
		}
		frame := newFrame(id, 0, 7, string(body))
		m, err := ParseLenient(frame)
		if strict, strictErr := ParseMessage(frame); strictErr == nil && (err != nil || !bytes.Equal(strict.UserData(), m.UserData())) {
			t.Fatalf("got %q, %v, want %q", m.UserData(), err, strict.UserData())
		}
		if err != nil {
			return
		}
		m.WithoutTLVs()
		all := func(v TLV) ([]byte, bool) { return v.Value, true }
		changed, ok := m.AppendChanged(nil, Change{UserData: m.UserData(), ESMClass: m.ESMClass(), RegisteredDelivery: m.RegisteredDelivery(), TLV: all})
		if !ok {
			return
		}
		again, err := ParseLenient(changed)
		if err != nil || !bytes.Equal(again.To.Addr, m.To.Addr) || !bytes.Equal(again.UserData(), m.UserData()) {
			t.Errorf("changed: got %s, %q, %v, want %s, %q", again.To.Addr, again.UserData(), err, m.To.Addr, m.UserData())
		}
	})
}
