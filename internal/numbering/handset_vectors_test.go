package numbering

import (
	"bytes"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/internal/simulator"
	"readback/relay/access"
	"readback/relay/ledger"
	"readback/smpp"
	"readback/udh"
)

// TestHandsetVectors numbers the messages of the vectors for handset developers: what goes to the SMSC has exactly
// their octets.
func TestHandsetVectors(t *testing.T) {
	all, numbered := golden.HandsetVectors(t), 0
	at, err := time.Parse(time.RFC3339, all.SentAt)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all.Messages {
		if m.Submitted == nil {
			continue
		}
		numbered++
		t.Run(m.Name, func(t *testing.T) {
			i := interceptorOf(fakeNumbers{assign: func(s *ledger.Sent) error {
				s.Number, s.At = *m.Found.Number, at
				return nil
			}})
			if m.Found.Proof != "" {
				if i.Form.Proofs, err = access.NewProofs([]byte(all.ProofKey)); err != nil {
					t.Fatal(err)
				}
			}
			p := Policy{When: All}
			if m.Found.Carriage == "marker" {
				p.Carriage = ByMarker
			}
			for n, in := range m.Submitted {
				out, _, skip := i.Submit(&Scratch{}, "bank", p, submitOf(t, m, in))
				got, err := smpp.ParseMessage(out)
				if err != nil || skip != Numbered {
					t.Fatalf("part %d: skip %s, %v", n+1, skip, err)
				}
				want := m.Parts[n]
				if ud := golden.Octets(t, want.ShortMessage); !bytes.Equal(got.UserData(), ud) || got.HasUDH() != want.UDHI {
					t.Errorf("part %d: got % x, header %t, want % x, %t", n+1, got.UserData(), got.HasUDH(), ud, want.UDHI)
				}
			}
		})
	}
	if numbered < 12 {
		t.Errorf("%d messages are the gateway's, want more", numbered)
	}
}

// TestHandsetVectorsByMarkerInParts: the parts before the last have no marker, and pass as they came.
func TestHandsetVectorsByMarkerInParts(t *testing.T) {
	for _, m := range golden.HandsetVectors(t).Messages {
		if m.Found.Carriage != "marker" || len(m.Parts) == 1 {
			continue
		}
		first := submitOf(t, m, m.Parts[0].HandsetPDU)
		out, _, skip := interceptorOf(giving(*m.Found.Number)).Submit(&Scratch{}, "bank", Policy{When: All, Carriage: ByMarker}, first)
		if skip != NoRoom || !bytes.Equal(out, first) {
			t.Errorf("%s: the first part goes on as % x, skip %s", m.Name, []byte(out), skip)
		}
		return
	}
	t.Error("there is no such message")
}

// submitOf is a submit_sm of a vector.
func submitOf(t *testing.T, m golden.HandsetMessage, in golden.HandsetPDU) smpp.Frame {
	t.Helper()
	sm := simulator.ShortMessage{
		From: simulator.Number(m.Sender), To: simulator.Number(simulator.Digits(m.Receiver)),
		DataCoding: golden.Octets(t, in.DataCoding)[0], UserData: golden.Octets(t, in.ShortMessage),
	}
	if in.UDHI {
		sm.ESMClass = smpp.ESMClassUDHI
	}
	return sm.Append(nil, pdu.SubmitSMID, 1)
}

// TestHandsetVectorsAreTheDefault: the vectors are for the settings that a gateway has by default.
func TestHandsetVectorsAreTheDefault(t *testing.T) {
	all := golden.HandsetVectors(t)
	if all.Element != "80" || all.Answer != "81" || len(all.Symbols) != 3 {
		t.Errorf("element %s, answer %s, symbols %q", all.Element, all.Answer, all.Symbols)
	}
	for i, c := range []udh.Coding{udh.UCS2, udh.GSM7, udh.ASCII} {
		text, err := udh.DefaultMarker.Append(nil, nil, c, 1)
		if got := udh.Decode(text, c); err != nil || got != all.Symbols[i]+"001" {
			t.Errorf("%v: %s, %v, want %s", c, got, err, all.Symbols[i])
		}
	}
}
