package gateway

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"

	"readback/internal/golden"
	"readback/relay"
	"readback/smpp"
)

// feedback is that of testdata/pdu/feedback_sme_ack.txt.
func feedback() *relay.Feedback {
	reference := uint16(42)
	return &relay.Feedback{
		Account: "bank", Sender: "10690001", SenderNPI: 1,
		Receiver: "8613800138000", ReceiverTON: 1, ReceiverNPI: 1,
		Number: 17, Status: relay.StatusRead, MessageIDs: []string{"4A7F01", "4A7F02"}, Reference: &reference,
		ReadAt: time.Date(2026, 11, 23, 16, 30, 0, 0, time.FixedZone("", 8*3600)),
	}
}

// optional is what a deliver_sm has behind its mandatory fields.
func optional(t *testing.T, f smpp.Frame) string {
	t.Helper()
	m, err := smpp.ParseMessage(f)
	if err != nil {
		t.Fatalf("feedback cannot be read: %v", err)
	}
	r := m.TLVs()
	return string(f[len(f)-r.Rest():])
}

func TestFeedbackGolden(t *testing.T) {
	got, err := deliverSM(feedback(), DefaultFeedbackForm, false, smpp.InterfaceVersion34)
	if err != nil {
		t.Fatal(err)
	}
	if want := golden.Bytes(t, "feedback_sme_ack.txt", "in"); !bytes.Equal(got, want) {
		t.Errorf("got\n% x, want\n% x", []byte(got), want)
	}
}

func TestFeedbackTLVs(t *testing.T) {
	const (
		reference = "\x02\x04\x00\x02\x00\x2A"
		id        = "\x00\x1E\x00\x074A7F01\x00\x04\x27\x00\x01\x02"
		read      = "\x02\x05\x00\x01\x01"
		number    = "\x00\x02\x00\x11"
		readAt    = "\x00\x142026-11-23T08:30:00Z"
	)
	tests := []struct {
		name    string
		change  func(*relay.Feedback)
		form    FeedbackForm
		vendor  bool
		version byte
		want    string
	}{
		{"all", nil, DefaultFeedbackForm, false, 0x34, reference + id + read},
		{"version 5.0", nil, DefaultFeedbackForm, false, 0x50, reference + id + read},
		{"version 3.3", nil, DefaultFeedbackForm, true, 0x33, ""},
		{"no version", nil, DefaultFeedbackForm, true, 0, ""},
		{"vendor", nil, DefaultFeedbackForm, true, 0x34, reference + id + read + "\x15\x20" + number + "\x15\x21" + readAt},
		{"other tags", nil, FeedbackForm{0x1400, 0x3FFF}, true, 0x34, reference + id + read + "\x14\x00" + number + "\x3F\xFF" + readAt},
		{"no reference", func(fb *relay.Feedback) { fb.Reference = nil }, DefaultFeedbackForm, false, 0x34, id + read},
		{"no message_id", func(fb *relay.Feedback) { fb.MessageIDs = nil }, DefaultFeedbackForm, false, 0x34, reference + read},
		{
			"deleted unread", func(fb *relay.Feedback) { fb.Status = relay.StatusDeletedUnread },
			DefaultFeedbackForm, false, 0x34, reference + id + "\x02\x05\x00\x01\x02",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fb := feedback()
			if tt.change != nil {
				tt.change(fb)
			}
			f, err := deliverSM(fb, tt.form, tt.vendor, tt.version)
			if err != nil {
				t.Fatal(err)
			}
			if got := optional(t, f); got != tt.want {
				t.Errorf("optional parameters: got % x, want % x", got, tt.want)
			}
			if f.Len() != len(f) {
				t.Errorf("command_length: got %d, want %d", f.Len(), len(f))
			}
		})
	}
}

// The text is as short as it may be, and never that of a delivery receipt.
func TestFeedbackText(t *testing.T) {
	for _, change := range []func(*relay.Feedback){
		func(*relay.Feedback) {},
		func(fb *relay.Feedback) { fb.Number, fb.Status = 65535, relay.StatusDeletedUnread },
		func(fb *relay.Feedback) { fb.Receiver = strings.Repeat("8", relay.MaxAddr) },
		func(fb *relay.Feedback) { fb.ReadAt = time.Time{} },
	} {
		fb := feedback()
		change(fb)
		text := feedbackText(fb)
		if strings.Contains(text, " id:") || strings.HasPrefix(text, "id:") || strings.Contains(text, "stat:") {
			t.Errorf("%q looks like a delivery receipt", text)
		}
		if len(text) > 140 {
			t.Errorf("%q has %d octets, want 140 at most", text, len(text))
		}
	}
}

// The ESMEs' side of go-smpp reads what we wrote with its other side.
func TestFeedbackDecodes(t *testing.T) {
	f, err := deliverSM(feedback(), DefaultFeedbackForm, true, smpp.InterfaceVersion34)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pdu.Decode(bytes.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	if p.Header().ID != pdu.DeliverSMID || p.Header().Seq != smpp.OwnSeq {
		t.Errorf("header: got %+v", p.Header())
	}
	for name, want := range map[pdufield.Name]string{
		pdufield.SourceAddr: "8613800138000", pdufield.DestinationAddr: "10690001",
		pdufield.ESMClass: "8", pdufield.SourceAddrTON: "1", pdufield.DestAddrTON: "0",
		pdufield.ShortMessage: "readback receiver:8613800138000 number:017 status:1 read:2026-11-23T08:30:00Z",
	} {
		if got := p.Fields()[name].String(); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for tag, want := range map[smpp.Tag]string{
		smpp.TagReceiptedMessageID: "4A7F01", smpp.TagMessageState: "\x02", smpp.TagUserMessageReference: "\x00\x2A",
		smpp.TagUserResponseCode: "\x01", 0x1520: "\x00\x11", 0x1521: "2026-11-23T08:30:00Z",
	} {
		if got := strings.TrimSuffix(string(p.TLVFields()[tag].Bytes()), "\x00"); got != want {
			t.Errorf("TLV %s: got %q, want %q", tag.Hex(), got, want)
		}
	}
}
