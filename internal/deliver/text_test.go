package deliver

import (
	"fmt"
	"strings"
	"testing"
	"text/template"

	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// Each character is written in the first data_coding that all ESMEs read alike: GSM 7-bit where
// it has the octet of ASCII, ASCII, UCS2 (TS 23.038 §6.2.1).
func TestEncodeTextByCharacter(t *testing.T) {
	want := func(r rune) byte {
		switch {
		case strings.ContainsRune("\n\r !\"#%&'()*+,-./0123456789:;<=>?", r), r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z':
			return 0x00
		case r >= ' ' && r <= '~': // $ @ [ \ ] ^ _ ` { | } ~
			return 0x01
		}
		return 0x08
	}
	for r := range rune(0x180) {
		coding, text := encodeText(string(r))
		if coding != want(r) {
			t.Errorf("%q: got data_coding %02x, want %02x", r, coding, want(r))
		}
		if coding != 0x08 && string(text) != string(r) || coding == 0x08 && string(text) != string([]byte{byte(r >> 8), byte(r)}) {
			t.Errorf("%q: got % x", r, text)
		}
	}
}

// A text that is too long ends with a whole character, and uses the room there is.
func TestEncodeUCS2Room(t *testing.T) {
	x := strings.Repeat("x", 100)
	for _, tt := range []struct {
		name, in, want string // what is left of it
	}{
		{"70 units", "é" + x[:69], "é" + x[:69]},
		{"71 units", "é" + x[:70], "é" + x[:69]},
		{"a pair that just fits", "é" + x[:67] + "😀", "é" + x[:67] + "😀"},
		{"a pair that is half in", "é" + x[:68] + "😀", "é" + x[:68]},
		{"a pair behind", "é" + x[:69] + "😀", "é" + x[:69]},
		{"a high character that is none of a pair", "é" + x[:69] + "\uFFFD", "é" + x[:69]},
		{"a character of the private area", "é" + x[:69] + "\uE000", "é" + x[:69]},
	} {
		_, want := encodeText(tt.want)
		if coding, got := encodeText(tt.in); coding != 0x08 || string(got) != string(want) {
			t.Errorf("%s: got %02x, %d octets % x, want % x", tt.name, coding, len(got), got, want)
		}
	}
}

// A template has the state in words, and empty words for what is not known.
func TestTemplateFields(t *testing.T) {
	tmpl := template.Must(ParseTemplate("{{.State}} {{.Status}} <{{.MessageID}}> <{{.Reference}}>"))
	fb := feedback()
	fb.Status, fb.MessageIDs, fb.Reference = message.StatusDeletedUnread, nil, nil
	if c, err := moContent(fb, &Options{Template: tmpl}); err != nil || string(c.text) != "deleted 2 <> <>" {
		t.Errorf("got %q, %v, want deleted and nothing else", c.text, err)
	}
	fb.Status, fb.MessageIDs = message.StatusRead, []string{"A"}
	if c, err := moContent(fb, &Options{Template: tmpl}); err != nil || string(c.text) != "read 1 <A> <>" {
		t.Errorf("got %q, %v, want read 1 and the message_id", c.text, err)
	}
}

// A template that cannot be filled in makes no deliver_sm.
func TestFeedbackUnwritable(t *testing.T) {
	broken := template.Must(ParseTemplate("{{.Nothing}}"))
	if f, err := DeliverSM(feedback(), &Options{Form: MO, Template: broken}, 0x34); err == nil {
		t.Errorf("got % x, want an error", []byte(f))
	}
}

// Feedback in form receipt is read back as the receipt of a delivery.
func TestFeedbackIsAReceipt(t *testing.T) {
	for _, version := range []byte{0x33, 0x34} {
		f, err := DeliverSM(feedback(), &Options{Form: Receipt}, version)
		if err != nil {
			t.Fatal(err)
		}
		m, err := smpp.ParseMessage(f)
		if err != nil {
			t.Fatal(err)
		}
		if r, ok := receipt.Parse(m); !ok || string(r.ID) != "4A7F01" || r.State != receipt.Delivered || !r.IsFinal() {
			t.Errorf("version %02x: got %q, %v, receipt %t", version, r.ID, r.State, ok)
		}
	}
}

// A deliver_sm has room for MaxShortMessage octets of text, and for no more.
func TestFeedbackRoom(t *testing.T) {
	fb := feedback()
	fb.MessageIDs = []string{""}
	base, err := receiptContent(&message.Feedback{MessageIDs: []string{"A"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	room := smpp.MaxShortMessage - len(base.text) + 1
	for n, want := range map[int]bool{room: true, room + 1: false} {
		fb.MessageIDs[0] = strings.Repeat("9", n)
		if f, err := DeliverSM(fb, &Options{Form: Receipt}, 0x33); (err == nil) != want {
			t.Errorf("message_id of %d octets: got %d octets, %v, want it written: %t", n, len(f), err, want)
		}
	}
}

// What is written by hand is what fmt and the expression for receipts write.
func TestFeedbackTextByHand(t *testing.T) {
	for _, receiver := range []string{
		"8613800138000", "", "id:1", "Id:", "iD:", "ID:1 stat:READ", "STAT:", "sTaT:", "\u017ftat:", "that:", "grid:7", "d:", ":", "\xffid:",
	} {
		for _, number := range []uint16{0, 9, 10, 99, 100, 257, 65535} {
			fb := feedback()
			fb.Receiver, fb.Number = receiver, number
			want := receiptWords.ReplaceAllString(fmt.Sprintf("readback receiver:%s number:%03d status:%d read:%s",
				receiver, number, fb.Status, "2026-11-23T08:30:00Z"), "$1 ")
			if got := string(feedbackText(fb)); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
}

func BenchmarkDeliverSM(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DeliverSM(feedback(), new(Options), smpp.InterfaceVersion34); err != nil {
			b.Fatal(err)
		}
	}
}
