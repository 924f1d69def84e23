//go:build e2e

package interop

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutext"

	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/relay/access"
	"readback/smpp"
	"readback/udh"
)

// TestKannelCombines has Kannel put together what the gateway has cut, as it would for a
// receiver that is behind it.
func TestKannelCombines(t *testing.T) {
	w := newWorld(t, false, &scenario{}, "")
	k := w.startKannel()
	given := 0
	for _, tt := range []struct {
		name, text string
		coding     byte
		encode     func(string) pdutext.Codec
	}{
		{"GSM 7-bit", "Übermorgen @ 5€ [~], ", 0, func(s string) pdutext.Codec { return pdutext.GSM7(s) }},
		{"Latin-1", "Übermorgen à Besançon, ", 3, func(s string) pdutext.Codec { return pdutext.Latin1(s) }},
		{"UCS2", "Привет, 您好 👨‍👩‍👧 🇩🇪 e\u0301a\u0308! ", 8, func(s string) pdutext.Codec { return pdutext.UCS2(s) }},
	} {
		for _, length := range []int{200, 600, 1500} { // octets of UTF-8
			text := strings.Repeat(tt.text, length/len(tt.text)+1)
			for _, l := range looks {
				parts := cutForHandset(t, &given, l, tt.coding, tt.encode(text).Encode())
				for _, reverse := range []bool{false, true} {
					if reverse {
						slices.Reverse(parts)
					}
					name := fmt.Sprintf("%s of %d parts, %+v, reverse %v", tt.name, len(parts), l, reverse)
					for _, f := range parts {
						w.deliver(bytes.Clone(f), smpp.StatusOK)
					}
					k.wantText(name, text)
				}
			}
		}
	}
	k.leave()
}

// cutForHandset cuts a message and returns its parts as the SMSC delivers them.
func cutForHandset(t *testing.T, given *int, l look, coding byte, text []byte) []smpp.Frame {
	t.Helper()
	i := numbering.Interceptor{
		Form:   numbering.Form{IEI: iei, Marker: udh.DefaultMarker, WideRef: l.wide},
		Ledger: &counter{n: given},
	}
	if l.proof {
		var err error
		if i.Form.Proofs, err = access.NewProofs([]byte("sixteen octets a")); err != nil {
			t.Fatal(err)
		}
	}
	m := simulator.ShortMessage{From: from, To: to, DataCoding: coding, TLVs: tlv(smpp.TagMessagePayload, string(text))}
	s, skip := i.Split(new(numbering.Scratch), account, numbering.Policy{When: numbering.All}, m.Append(nil, pdu.SubmitSMID, 0))
	if s == nil {
		t.Fatalf("%d octets of data_coding %d: got no parts, skip %v", len(text), coding, skip)
	}
	for _, f := range s.Frames {
		binary.BigEndian.PutUint32(f[4:], uint32(pdu.DeliverSMID)) // the same fields
		f.SetSeq(0)
	}
	return s.Frames
}

// wantText waits for a message that Kannel hands over, and holds it against the text.
func (k *kannel) wantText(name, want string) {
	k.w.Helper()
	select {
	case call := <-k.calls:
		got, err := handedOver(call)
		if err != nil || got != want {
			k.w.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	case <-k.w.ctx.Done():
		k.w.Fatalf("%s: Kannel hands over nothing", name)
	}
}

// handedOver is the text of Kannel's call.
func handedOver(call string) (string, error) {
	_, query, _ := strings.Cut(call, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return "", err
	}
	text := q.Get("text")
	if q.Get("charset") == "UTF-16BE" {
		return string(pdutext.UCS2(text).Decode()), nil
	}
	return text, nil
}
