package simulator

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/smpp"
)

// TestHandsetVectors sends the messages of the vectors for handset developers to a simulated handset.
func TestHandsetVectors(t *testing.T) {
	for _, v := range golden.HandsetVectors(t).Messages {
		h := NewHandset(v.Receiver, HandsetOptions{})
		for _, p := range v.Parts {
			sm := ShortMessage{
				From: Number(v.Sender), To: Number(h.MSISDN()),
				DataCoding: golden.Octets(t, p.DataCoding)[0], UserData: golden.Octets(t, p.ShortMessage),
			}
			if p.UDHI {
				sm.ESMClass = smpp.ESMClassUDHI
			}
			m, err := smpp.ParseMessage(sm.Append(nil, pdu.SubmitSMID, 1))
			if err != nil {
				t.Fatal(err)
			}
			h.Receive(m)
		}
		inbox := h.Messages()
		if len(inbox) != 1 {
			t.Errorf("%s: the inbox has %d messages, want 1", v.Name, len(inbox))
			continue
		}
		got := inbox[0]
		if got.Carriage != v.Found.Carriage || got.HasNumber != (v.Found.Number != nil) || got.HasNumber && got.Number != int(*v.Found.Number) ||
			got.Text != v.Found.Text+v.Found.Marker {
			t.Errorf("%s: %+v, want %+v", v.Name, got, v.Found)
		}
	}
}
