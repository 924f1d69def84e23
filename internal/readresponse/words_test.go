package readresponse

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/deliver"
	"readback/internal/simulator"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/smpp"
	"readback/udh"
)

// wordsOf reads a text as that of a read response.
func wordsOf(t *testing.T, text []byte, dataCoding, esmClass byte) (reads.Read, bool) {
	t.Helper()
	f := simulator.ShortMessage{
		From: simulator.Number("447700900123"), To: simulator.Number("10690001"),
		ESMClass: esmClass, DataCoding: dataCoding, UserData: text,
	}.Append(nil, pdu.SubmitSMID, 0)
	m, err := smpp.ParseMessage(f)
	if err != nil {
		return reads.Read{}, false
	}
	return readWords(m, udh.GSM7)
}

func TestReadWords(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	const read = "readback receiver:447700900123 number:017 status:1 read:2026-11-23T08:30:00Z"
	tests := []struct {
		name, text           string
		dataCoding, esmClass byte
		want                 *reads.Read
	}{
		{"feedback", read, 0, 8, &reads.Read{Number: 17, Status: 1, ReadAt: at}},
		{"UCS2", "\x00n\x00u\x00m\x00b\x00e\x00r\x00:\x007", 8, 8, &reads.Read{Number: 7, Status: 1}},
		{"any order, among other words", "Re: read:2026-11-23T09:30:00+01:00 status:2 number:65535 bye:", 0, 8, &reads.Read{Number: 65535, Status: 2, ReadAt: at}},
		{"words without a value", "read status of number number:5 is status:2", 0, 8, &reads.Read{Number: 5, Status: 2}},
		{"lines", "number:5\r\nstatus:0", 0, 8, &reads.Read{Number: 5}},
		{"no number", "status:1", 0, 8, nil},
		{"empty number", "number: 5", 0, 8, nil},
		{"number below 0", "number:-1", 0, 8, nil},
		{"number too large", "number:65536", 0, 8, nil},
		{"status too large", "number:1 status:256", 0, 8, nil},
		{"no time", "number:1 read:yesterday", 0, 8, nil},
		{"a header before it", "\x00" + read, 0, 0x48, nil},
		{"longer than a short message", read + strings.Repeat(" ", 255-len(read)), 0, 8, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := wordsOf(t, []byte(tt.text), tt.dataCoding, tt.esmClass)
			switch {
			case ok != (tt.want != nil):
				t.Errorf("got %+v, %v, want %+v", got, ok, tt.want)
			case ok && (got.Number != tt.want.Number || got.Status != tt.want.Status || !got.ReadAt.Equal(tt.want.ReadAt)):
				t.Errorf("got %+v, want %+v", got, *tt.want)
			}
		})
	}
}

// A text is a read response if every word that has a name of one can be read, and the number is
// there; a text that is longer than our own is none.
func TestReadWordsBorders(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	long := strings.Repeat("x", smpp.MaxShortMessage-len("number:5 "))
	for _, tt := range []struct {
		text string
		want reads.Read
		ok   bool
	}{
		{"number:5", reads.Read{Number: 5, Status: 1}, true},
		{"number:65535 status:255", reads.Read{Number: 65535, Status: 255}, true},
		{"read:2026-11-23T08:30:00Z status:2 number:5", reads.Read{Number: 5, Status: 2, ReadAt: at}, true},
		{"number:5 " + long, reads.Read{Number: 5, Status: 1}, true},
		{"number:5 " + long + "x", reads.Read{}, false},
		{"number: 5", reads.Read{}, false},
		{"number:-1", reads.Read{}, false},
		{"number:65536", reads.Read{}, false},
		{"number:5 status:256", reads.Read{}, false},
		{"number:5 status:", reads.Read{}, false},
		{"number:5 read:yesterday", reads.Read{}, false},
		{"status:1 read:2026-11-23T08:30:00Z", reads.Read{}, false},
		{"Number:5", reads.Read{}, false},
		{"5", reads.Read{}, false},
	} {
		m, err := smpp.ParseMessage(simulator.ShortMessage{
			From: simulator.Number("447700900123"), To: simulator.Number("10690001"), DataCoding: 3,
			TLVs: smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(tt.text)),
		}.Append(nil, pdu.SubmitSMID, 1))
		if err != nil {
			t.Fatal(err)
		}
		got, ok := readWords(m, udh.GSM7)
		if ok != tt.ok || ok && (got.Number != tt.want.Number || got.Status != tt.want.Status || !got.ReadAt.Equal(tt.want.ReadAt)) {
			t.Errorf("%q: got %+v, %t; want %+v, %t", tt.text, got, ok, tt.want, tt.ok)
		}
	}
}

// FuzzReadWords: what can be read is told in our feedback, and read from there as the same.
// Words that say nothing change nothing.
func FuzzReadWords(f *testing.F) {
	f.Add([]byte("readback receiver:447700900123 number:017 status:1 read:2026-11-23T08:30:00Z"), byte(0), byte(8))
	f.Add([]byte("number:5"), byte(1), byte(0x0B))
	f.Add([]byte("status:0 number:65535 read:2026-11-23T08:30:00.123+01:00 bye"), byte(3), byte(8))
	f.Add([]byte("\x00n\x00u\x00m\x00b\x00e\x00r\x00:\x007"), byte(8), byte(8))
	f.Add([]byte("\x05\x81\x03\x00\x11\x01number:5"), byte(0), byte(0x48))
	f.Add([]byte("number status read number:x"), byte(0), byte(8))
	f.Fuzz(func(t *testing.T, text []byte, dataCoding, esmClass byte) {
		rd, ok := wordsOf(t, text, dataCoding, esmClass)
		if !ok {
			return
		}
		if y := rd.ReadAt.Year(); y < 1 || y > 9998 {
			return // in UTC it may be a year that RFC 3339 does not have
		}
		fb := message.Feedback{Receiver: "447700900123", Number: rd.Number, Status: rd.Status, ReadAt: rd.ReadAt}
		told := textOf(t, &fb)
		for _, words := range []string{"", " and number", " Re: x"} {
			again, ok := wordsOf(t, append(told, words...), 0, 8)
			at := rd.ReadAt.Truncate(time.Second)
			if !ok || again.Number != rd.Number || again.Status != rd.Status || !again.ReadAt.Equal(at) {
				t.Errorf("got %+v, %v of %q%s, want %+v", again, ok, told, words, rd)
			}
		}
	})
}

// textOf is the text of feedback in form sme-ack.
func textOf(t *testing.T, fb *message.Feedback) []byte {
	t.Helper()
	f, err := deliver.DeliverSM(fb, &deliver.Options{}, 0x33)
	if err != nil {
		t.Fatal(err)
	}
	m, err := smpp.ParseMessage(f)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(m.UserData())
}
