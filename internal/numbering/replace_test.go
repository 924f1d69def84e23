package numbering

import (
	"bytes"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
	"readback/udh"
)

// Where GSM 7-bit text is packed, the new text of a message is packed behind its header.
func TestReplacePacked(t *testing.T) {
	i := interceptorOf(giving(7))
	i.Form.Packed = true
	for _, carriage := range []Carriage{ByElement, ByMarker} {
		p, b := Policy{When: All, Carriage: carriage}, new(Scratch)
		hello, _ := udh.Pack(nil, []byte("Hello"), 0)
		_, sent, _ := i.Submit(b, "bank", p, simulator.ShortMessage{
			From: simulator.Number("10690001"), To: simulator.Number("447700900123"), UserData: hello,
		}.Append(nil, pdu.SubmitSMID, 2))
		if sent == nil {
			t.Fatal("the message has no number")
		}
		for text, want := range map[string]bool{"Howdy": true, strings.Repeat("a", 154): true, strings.Repeat("a", 157): false} {
			ud, _ := udh.Pack(nil, []byte(text), 0)
			body := append([]byte("4A7F01\x00\x00\x0110690001\x00\x00\x00\x00\x00"), byte(len(ud)))
			body = append(body, ud...)
			r, err := smpp.ParseReplace(append(smpp.AppendHeader(nil, pdu.ReplaceSMID, 0, 3, len(body)), body...))
			if err != nil {
				t.Fatal(err)
			}
			f, ok := i.Replace(p, r, &sent.Form)
			if ok != want {
				t.Errorf("carriage %d, %d septets: got %t, want %t", carriage, len(text), ok, want)
			}
			if !ok {
				continue
			}
			out, err := smpp.ParseReplace(f)
			header := []byte{4, 0x80, 2, byte(sent.Number >> 8), byte(sent.Number)}
			if carriage == ByMarker {
				header = nil
				text, _, _ = strings.Cut(text, "\x5F")
			}
			if err != nil || !bytes.HasPrefix(out.UserData(), header) {
				t.Fatalf("got % x, %v, want the header % x", []byte(f), err, header)
			}
			septets, ok := udh.Unpack(nil, out.UserData()[len(header):], len(header))
			if got := string(septets); !ok || !strings.HasPrefix(got, text) || carriage == ByElement && got != text || carriage == ByMarker && len(got) != len(text)+4 {
				t.Errorf("carriage %d: got the text %q, want %q", carriage, got, text)
			}
		}
	}
}
