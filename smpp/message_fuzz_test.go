package smpp

import (
	"bytes"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"

	"readback/internal/golden"
)

// byLibrary changes a submit_sm the way go-smpp does; ok is false where it cannot
// be asked: it parses headers, and keeps neither the order of TLVs nor number 0.
func byLibrary(t *testing.T, m Message, ud []byte, esmClass, registered byte) (Frame, bool) {
	t.Helper()
	tlvs := m.TLVs()
	tlvs.Next()
	if m.Frame.ID() != pdu.SubmitSMID || m.HasUDH() || m.HasPayload() || m.tlvs > m.tail || tlvs.Rest() > 0 || m.Frame.Seq() == 0 {
		return nil, false
	}
	p, err := pdu.Decode(bytes.NewReader(m.Frame))
	if err != nil {
		t.Fatalf("go-smpp cannot decode % x: %v", m.Frame, err)
	}
	for name, value := range map[pdufield.Name]any{
		pdufield.ShortMessage: ud, pdufield.ESMClass: esmClass, pdufield.RegisteredDelivery: registered,
	} {
		if err := p.Fields().Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := p.SerializeTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), true
}

func TestAppendUserDataLikeLibrary(t *testing.T) {
	ud := append([]byte{4, 0x80, 2, 0, 1}, "Hello"...)
	asked := 0
	for _, g := range golden.All(t) {
		m, err := ParseMessage(g.In)
		if err != nil || !isMessage(g.In) {
			continue
		}
		want, ok := byLibrary(t, m, ud, 0x40, 1)
		if !ok {
			continue
		}
		asked++
		if got, ok := m.AppendUserData(nil, ud, 0x40, 1); !ok || !bytes.Equal(got, want) {
			t.Errorf("%s: got % x, want % x", g.Name, got, want)
		}
	}
	if asked == 0 {
		t.Error("the library was never asked")
	}
}

// FuzzMessage holds that a message is changed where it is told to be and nowhere
// else: the same user data gives the same octets, other user data can be read
// back and undone, and go-smpp does no different.
func FuzzMessage(f *testing.F) {
	for _, g := range golden.All(f) {
		f.Add(uint32(Frame(g.In).ID()), g.In[HeaderLen:], []byte("\x04\x80\x02\x00\x01Hello"))
	}
	f.Fuzz(func(t *testing.T, id uint32, body, ud []byte) {
		ids := []pdu.ID{pdu.SubmitSMID, pdu.DataSMID, pdu.DeliverSMID}
		frame := newFrame(ids[id%3], 0, 9, string(body))
		if len(frame) > MaxFrameLen {
			return
		}
		before := bytes.Clone(frame)
		m, err := ParseMessage(frame)
		if err != nil {
			return
		}
		same, ok := m.AppendUserData(nil, m.UserData(), m.ESMClass(), m.RegisteredDelivery())
		if noRoom := len(m.UserData()) > MaxShortMessage && !m.HasPayload(); ok && !bytes.Equal(same, frame) || !ok && !noRoom && m.UserData() != nil {
			t.Fatalf("same user data: got % x, %v; want % x", same, ok, frame)
		}
		changed, ok := m.AppendUserData([]byte("dst"), ud, 0x43, 0x15)
		if !ok {
			return
		}
		if want, ok := byLibrary(t, m, ud, 0x43, 0x15); ok && !bytes.Equal(changed, want) {
			t.Fatalf("other user data: got % x, go-smpp % x", changed, want)
		}
		again, err := ParseMessage(changed)
		if len(ud) == 0 || len(m.UserData()) == 0 { // stray octets and a payload are told apart by the text
			return
		}
		if err != nil || !bytes.Equal(again.UserData(), ud) || again.ESMClass() != 0x43 || again.RegisteredDelivery() != 0x15 {
			t.Fatalf("read back: got %+v, %v", again, err)
		}
		undone, ok := again.AppendUserData(nil, m.UserData(), m.ESMClass(), m.RegisteredDelivery())
		if ok && !bytes.Equal(undone, frame) {
			t.Fatalf("undone: got % x, want % x", undone, frame)
		}
		if !bytes.Equal(frame, before) {
			t.Fatal("the frame itself was changed")
		}
	})
}
