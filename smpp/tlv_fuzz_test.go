package smpp

import (
	"bytes"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
)

// FuzzTLVs holds that the optional parameters are the octets that were walked, one behind
// the other, and that only what is none is left.
func FuzzTLVs(f *testing.F) {
	for _, g := range golden.All(f) {
		if m, err := ParseMessage(g.In); err == nil {
			f.Add(g.In[m.tlvs:])
		}
	}
	f.Add(octets(f, vendorTLVs+reference+"0424 ffff 00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		var again []byte
		r := TLVs(b)
		for tlv, ok := r.Next(); ok; tlv, ok = r.Next() {
			if tlv.Offset != len(again) {
				t.Fatalf("offset: got %d, want %d", tlv.Offset, len(again))
			}
			again = AppendTLV(again, tlv.Tag, tlv.Value)
		}
		rest := b[len(again):]
		if r.Rest() != len(rest) || !bytes.Equal(again, b[:len(again)]) {
			t.Fatalf("% x: got % x and %d octets left", b, again, r.Rest())
		}
		if len(rest) >= 4 && len(rest) >= 4+int(rest[2])<<8+int(rest[3]) {
			t.Fatalf("% x: a whole parameter is left: % x", b, rest)
		}
		if _, ok := r.Next(); ok || !bytes.Equal(b, before) {
			t.Fatal("behind the last parameter there is another, or the octets were changed")
		}
	})
}

// FuzzChangedTLVs holds that a message keeps the parameters that it is told to keep, and
// that one without any has the same text.
func FuzzChangedTLVs(f *testing.F) {
	for _, g := range golden.All(f) {
		f.Add(uint32(Frame(g.In).ID()), g.In[HeaderLen:])
	}
	f.Fuzz(func(t *testing.T, id uint32, body []byte) {
		ids := []pdu.ID{pdu.SubmitSMID, pdu.DataSMID, pdu.DeliverSMID}
		frame := newFrame(ids[id%3], 0, 9, string(body))
		if len(frame) > MaxFrameLen {
			return
		}
		m, err := ParseMessage(frame)
		if err != nil {
			return
		}
		c := Change{UserData: m.UserData(), ESMClass: m.ESMClass(), RegisteredDelivery: m.RegisteredDelivery()}
		c.TLV = func(tlv TLV) ([]byte, bool) { return tlv.Value, true }
		if got, ok := m.AppendChanged([]byte("dst"), c); ok && !bytes.Equal(got, frame) {
			t.Fatalf("all kept: got % x, want % x", got, frame)
		}
		bare, ok := m.WithoutTLVs()
		if want := len(m.UserData()) <= MaxShortMessage && (m.smLength >= 0 || !m.HasPayload()); ok != want {
			t.Fatalf("without parameters: got %v, want %v", ok, want)
		}
		if !ok {
			return
		}
		again, err := ParseMessage(bare)
		if err != nil || !bytes.Equal(again.UserData(), m.UserData()) || again.HasPayload() || len(bare) != again.tlvs {
			t.Fatalf("without parameters: got % x, %v", bare, err)
		}
		if !bytes.Equal(bare[4:again.esmClass+1], frame[4:m.esmClass+1]) || bare.Len() != len(bare) {
			t.Fatalf("without parameters: got % x of % x", bare, frame)
		}
	})
}
