package handset_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/warthog618/sms/encoding/tpdu"

	"readback/handset"
	"readback/internal/golden"
	"readback/udh"
)

var update = flag.Bool("update", false, "write testdata/handset/vectors.json anew")

const (
	vectorSender   = "10690001"
	vectorReceiver = "+447700900101"
)

var openedAt = time.Date(2026, 11, 23, 8, 31, 4, 0, time.UTC)

// TestVectors holds testdata/handset/vectors.json against the cases, whose results are written by hand. With
// -update it writes the file.
func TestVectors(t *testing.T) {
	all := golden.Handset{
		About:   "What a handset finds in messages, and the read responses that it sends: README.md in this directory explains each field.",
		Element: "80", Answer: "81", Symbols: []string{"□", "§", "#"},
		OpenedAt: openedAt.Format(time.RFC3339), ProofKey: "sixteen octets a", SentAt: "2026-11-23T08:30:00Z",
	}
	for _, c := range vectorCases {
		all.Messages = append(all.Messages, vectorOf(t, c))
	}
	for _, c := range vectorTexts {
		found := golden.HandsetFound{Text: c.shown, Marker: c.marker}
		if c.marker != "" {
			found.Carriage, found.Number = "marker", &c.number
		}
		all.TextMessages = append(all.TextMessages, golden.HandsetText{Name: c.name, Text: c.text, Found: found})
	}
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(all); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(golden.Testdata(t), golden.HandsetPath)
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is not what the cases say, %v: go test ./handset -run TestVectors -update", golden.HandsetPath, err)
	}
}

// vectorOf returns a case with what a handset makes of it.
func vectorOf(t *testing.T, c vectorCase) golden.HandsetMessage {
	t.Helper()
	if c.sender == "" {
		c.sender = vectorSender
	}
	m := golden.HandsetMessage{
		Name: c.name, About: c.about, Sender: c.sender, Receiver: vectorReceiver, Malformed: c.malformed, Responses: []golden.HandsetResponse{},
		Found: golden.HandsetFound{Carriage: c.carriage, Proof: c.proof, Text: c.text, Marker: c.marker},
	}
	for _, p := range c.parts {
		m.Parts = append(m.Parts, onAir(t, p, c.sender))
		if p.submitted != "" {
			m.Submitted = append(m.Submitted, pduOf(p.dataCoding, p.hadHeader, p.submitted))
		}
	}
	if len(m.Submitted) != len(m.Parts) {
		m.Submitted = nil
	}
	if c.carriage == "" {
		return m
	}
	m.Found.Number = &c.number
	for _, status := range []handset.Status{handset.Read, handset.DeletedUnread} {
		m.Responses = append(m.Responses, responseOf(t, c, status))
	}
	return m
}

// responseOf writes a read response by hand, not by the package.
func responseOf(t *testing.T, c vectorCase, status handset.Status) golden.HandsetResponse {
	t.Helper()
	body, err := json.Marshal(struct {
		Receiver string `json:"receiver"`
		Sender   string `json:"sender"`
		Number   uint16 `json:"number"`
		Status   int    `json:"status"`
		ReadAt   string `json:"read_at"`
		Proof    string `json:"proof,omitempty"`
	}{vectorReceiver, c.sender, c.number, int(status), openedAt.Format(time.RFC3339), c.proof})
	if err != nil {
		t.Fatal(err)
	}
	r := golden.HandsetResponse{Status: int(status), JSON: body}
	if strings.Trim(c.sender, "+0123456789") != "" {
		return r
	}
	proof := golden.Octets(t, c.proof)
	ud := append([]byte{byte(5 + len(proof)), 0x81, byte(3 + len(proof)), byte(c.number >> 8), byte(c.number), byte(status)}, proof...)
	r.SMS = &golden.HandsetSMS{To: c.sender, UserData: hex.EncodeToString(ud), TPDU: submitTPDU(t, c.sender, ud)}
	return r
}

// TestFindVectors: what the file says of a message is what the package finds, in the octets of SMPP and in those
// on the air.
func TestFindVectors(t *testing.T) {
	all := golden.HandsetVectors(t)
	for _, m := range all.Messages {
		t.Run(m.Name, func(t *testing.T) {
			var smpp, air []handset.Part
			for _, p := range m.Parts {
				smpp = append(smpp, partOf(t, p.DataCoding, p.UDHI, golden.Octets(t, p.ShortMessage)))
				air = append(air, fromAir(t, p))
			}
			for _, parts := range [][]handset.Part{smpp, air} {
				found := handset.Finder{}.Find(parts...)
				if got := foundOf(found); !sameFound(got, m.Found) {
					t.Errorf("found %+v, want %+v", got, m.Found)
				}
				checkResponses(t, found, m)
			}
		})
	}
	for _, c := range all.TextMessages {
		octets, _ := udh.Encode(c.Text, udh.UCS2)
		if got := foundOf(handset.Finder{}.Find(handset.Part{UserData: octets, Coding: udh.UCS2})); !sameFound(got, c.Found) {
			t.Errorf("%s: found %+v, want %+v", c.Name, got, c.Found)
		}
	}
}

func partOf(t *testing.T, dataCoding string, udhi bool, userData []byte) handset.Part {
	t.Helper()
	return handset.Part{UserData: userData, HasUDH: udhi, Coding: udh.CodingOf(golden.Octets(t, dataCoding)[0], udh.GSM7)}
}

// fromAir is the part as a modem has it: packed text is unpacked.
func fromAir(t *testing.T, p golden.HandsetPart) handset.Part {
	t.Helper()
	part := partOf(t, p.TPDCS, p.UDHI, golden.Octets(t, p.TPUD))
	if part.Coding != udh.GSM7 {
		return part
	}
	var header udh.Header
	if p.UDHI {
		header, _ = udh.ParseHeader(part.UserData)
	}
	septets, _ := udh.Unpack(nil, part.UserData[header.Len():], header.Len())
	septets = septets[:p.TPUDL-(header.Len()*8+6)/7]
	part.UserData = append(append([]byte(nil), header...), septets...)
	return part
}

func foundOf(f handset.Found) golden.HandsetFound {
	g := golden.HandsetFound{Carriage: f.Carriage.String(), Proof: f.ProofHex(), Text: f.Text, Marker: f.Marker}
	if f.Carriage != handset.ByNone {
		g.Number = &f.Number
	}
	return g
}

func sameFound(a, b golden.HandsetFound) bool {
	if (a.Number == nil) != (b.Number == nil) || a.Number != nil && *a.Number != *b.Number {
		return false
	}
	a.Number, b.Number = nil, nil
	return a == b
}

// checkResponses compares the read responses of the package with those of the file.
func checkResponses(t *testing.T, found handset.Found, m golden.HandsetMessage) {
	t.Helper()
	for _, want := range m.Responses {
		r, ok := found.Response(m.Receiver, m.Sender, handset.Status(want.Status), openedAt)
		got, err := json.Marshal(r)
		var compact bytes.Buffer
		_ = json.Compact(&compact, want.JSON)
		if err != nil || !ok || compact.String() != string(got) {
			t.Errorf("response %s, %v, want %s", got, err, &compact)
		}
		if want.SMS == nil {
			continue
		}
		ud, err := r.AppendUserData(nil, 0)
		if err != nil || hex.EncodeToString(ud) != want.SMS.UserData {
			t.Errorf("response by SMS % x, %v, want %s", ud, err, want.SMS.UserData)
		}
		n, status, proof, ok := udh.ReadResponse(ud, handset.DefaultAnswerIEI)
		if !ok || n != *m.Found.Number || int(status) != want.Status || hex.EncodeToString(proof) != m.Found.Proof {
			t.Errorf("the gateway reads number %d, status %d, proof % x of it, %t", n, status, proof, ok)
		}
	}
	if _, ok := found.Response(m.Receiver, m.Sender, handset.Read, openedAt); ok != (len(m.Responses) > 0) {
		t.Errorf("there is a response: %t", ok)
	}
}

// TestVectorTPDUs has another maker's library read the TPDUs: it finds the same user data in them.
func TestVectorTPDUs(t *testing.T) {
	for _, m := range golden.HandsetVectors(t).Messages {
		if m.Malformed {
			continue // it refuses them
		}
		for i, p := range m.Parts {
			octets := golden.Octets(t, p.TPDU)[len(serviceCentre):]
			d := tpdu.TPDU{Direction: tpdu.MT}
			if err := d.UnmarshalBinary(octets); err != nil {
				t.Errorf("%s, part %d: %v", m.Name, i+1, err)
				continue
			}
			header, err := d.UDH.MarshalBinary()
			want := fromAir(t, p)
			if got := string(header) + string(d.UD); err != nil || len(d.UDH) > 0 != p.UDHI || got != string(want.UserData) {
				t.Errorf("%s, part %d: %x, header %t, %v, want %x", m.Name, i+1, got, len(d.UDH) > 0, err, want.UserData)
			}
			if got := d.OA.Number(); got != m.Sender {
				t.Errorf("%s, part %d: from %s, want %s", m.Name, i+1, got, m.Sender)
			}
		}
		for _, r := range m.Responses {
			if r.SMS == nil {
				continue
			}
			s := tpdu.TPDU{Direction: tpdu.MO}
			if err := s.UnmarshalBinary(golden.Octets(t, r.SMS.TPDU)[1:]); err != nil {
				t.Errorf("%s: %v", m.Name, err)
				continue
			}
			if header, err := s.UDH.MarshalBinary(); err != nil || hex.EncodeToString(header) != r.SMS.UserData || len(s.UD) != 0 || s.DA.Number() != r.SMS.To {
				t.Errorf("%s: the response is %x %x to %s, %v, want %s to %s", m.Name, header, s.UD, s.DA.Number(), err, r.SMS.UserData, r.SMS.To)
			}
		}
	}
}
