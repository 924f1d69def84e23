package deliver

import (
	"bytes"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutext"

	"readback/internal/golden"
	"readback/relay/message"
	"readback/smpp"
)

// feedback is that of testdata/pdu/feedback_sme_ack.txt.
func feedback() *message.Feedback {
	reference := uint16(42)
	return &message.Feedback{
		Account: "bank", Sender: "10690001", SenderNPI: 1,
		Receiver: "8613800138000", ReceiverTON: 1, ReceiverNPI: 1,
		Number: 17, Status: message.StatusRead, MessageIDs: []string{"4A7F01", "4A7F02"}, Reference: &reference,
		SubmittedAt: time.Date(2026, 11, 23, 8, 15, 0, 0, time.UTC),
		ReadAt:      time.Date(2026, 11, 23, 16, 30, 0, 0, time.FixedZone("", 8*3600)),
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

// tagsOfOurs are those of testdata/pdu/feedback_vendor.txt, plainTemplate that of
// feedback_mo.txt.
var (
	tagsOfOurs    = VendorTags{Number: 0x1520, Read: 0x1521}
	plainTemplate = template.Must(ParseTemplate("{{.Receiver}} has {{.State}} message {{.Number}} at {{.ReadAt}}"))
)

// ucs2Template is one whose text is not GSM 7-bit.
var ucs2Template = template.Must(ParseTemplate("{{.Receiver}} 已读 {{.Number}}"))

func TestFeedbackGolden(t *testing.T) {
	for name, form := range map[string]Options{
		"feedback_sme_ack.txt":  {Form: SMEAck},
		"feedback_user_ack.txt": {Form: UserAck},
		"feedback_receipt.txt":  {Form: Receipt},
		"feedback_mo.txt":       {Form: MO, Template: plainTemplate},
		"feedback_mo_ucs2.txt":  {Form: MO, Template: ucs2Template},
		"feedback_vendor.txt":   {Form: SMEAck, VendorTLVs: true, Tags: tagsOfOurs},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := DeliverSM(feedback(), &form, smpp.InterfaceVersion34)
			if err != nil {
				t.Fatal(err)
			}
			if want := golden.Bytes(t, name, "in"); !bytes.Equal(got, want) {
				t.Errorf("got\n% x, want\n% x", []byte(got), want)
			}
		})
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
	plain, vendor := Options{}, Options{VendorTLVs: true, Tags: tagsOfOurs}
	other := Options{VendorTLVs: true, Tags: VendorTags{0x1400, 0x3FFF}}
	in := func(form Form, t Options) Options { t.Form = form; return t }
	unread := func(fb *message.Feedback) { fb.Status = message.StatusDeletedUnread }
	tests := []struct {
		name    string
		change  func(*message.Feedback)
		telling Options
		version byte
		want    string
	}{
		{"all", nil, plain, 0x34, reference + id + read},
		{"version 5.0", nil, plain, 0x50, reference + id + read},
		{"version 3.3", nil, vendor, 0x33, ""},
		{"no version", nil, vendor, 0, ""},
		{"vendor", nil, vendor, 0x34, reference + id + read + "\x15\x20" + number + "\x15\x21" + readAt},
		{"other tags", nil, other, 0x34, reference + id + read + "\x14\x00" + number + "\x3F\xFF" + readAt},
		{"no reference", func(fb *message.Feedback) { fb.Reference = nil }, plain, 0x34, id + read},
		{"no message_id", func(fb *message.Feedback) { fb.MessageIDs = nil }, plain, 0x34, reference + read},
		{"deleted unread", unread, plain, 0x34, reference + id + "\x02\x05\x00\x01\x02"},
		{"user-ack", unread, in(UserAck, plain), 0x34, reference + id + "\x02\x05\x00\x01\x02"},
		{"user-ack, 3.3", nil, in(UserAck, plain), 0x33, ""},
		{"receipt", unread, in(Receipt, plain), 0x34, id},
		{"receipt, vendor", nil, in(Receipt, vendor), 0x34, id + "\x15\x20" + number + "\x15\x21" + readAt},
		{"receipt, 3.3", nil, in(Receipt, plain), 0x33, ""},
		{"mo", nil, in(MO, Options{Template: plainTemplate}), 0x34, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fb := feedback()
			if tt.change != nil {
				tt.change(fb)
			}
			f, err := DeliverSM(fb, &tt.telling, tt.version)
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
	for _, change := range []func(*message.Feedback){
		func(*message.Feedback) {},
		func(fb *message.Feedback) { fb.Number, fb.Status = 65535, message.StatusDeletedUnread },
		func(fb *message.Feedback) { fb.Receiver = strings.Repeat("8", message.MaxAddr) },
		func(fb *message.Feedback) { fb.ReadAt = time.Time{} },
		func(fb *message.Feedback) { fb.Receiver = "id:1 stat:READ" },
	} {
		fb := feedback()
		change(fb)
		text := string(feedbackText(fb))
		if receiptWords.MatchString(text) {
			t.Errorf("%q looks like a delivery receipt", text)
		}
		if len(text) > 140 {
			t.Errorf("%q has %d octets, want 140 at most", text, len(text))
		}
	}
}

// The ESMEs' side of go-smpp reads what we wrote with its other side.
func TestFeedbackDecodes(t *testing.T) {
	const text = "readback receiver:8613800138000 number:017 status:1 read:2026-11-23T08:30:00Z"
	named := map[smpp.Tag]string{smpp.TagReceiptedMessageID: "4A7F01", smpp.TagMessageState: "\x02"}
	asked := map[smpp.Tag]string{smpp.TagUserMessageReference: "\x00\x2A", smpp.TagUserResponseCode: "\x01"}
	own := map[smpp.Tag]string{0x1520: "\x00\x11", 0x1521: "2026-11-23T08:30:00Z"}
	tests := []struct {
		form           Form
		template       *template.Template
		esmClass, text string
		coding         string
		tlvs           []map[smpp.Tag]string
	}{
		{SMEAck, nil, "8", text, "0", []map[smpp.Tag]string{named, asked, own}},
		{UserAck, nil, "16", text, "0", []map[smpp.Tag]string{named, asked, own}},
		{
			Receipt, nil, "4",
			"id:4A7F01 sub:001 dlvrd:001 submit date:2611230815 done date:2611230830 stat:DELIVRD err:000 text:READ",
			"0",
			[]map[smpp.Tag]string{named, own},
		},
		{MO, plainTemplate, "0", "8613800138000 has read message 17 at 2026-11-23T08:30:00Z", "0", []map[smpp.Tag]string{own}},
		{MO, ucs2Template, "0", "8613800138000 已读 17", "8", []map[smpp.Tag]string{own}},
	}
	for _, tt := range tests {
		form := Options{Form: tt.form, Template: tt.template, VendorTLVs: true, Tags: tagsOfOurs}
		f, err := DeliverSM(feedback(), &form, smpp.InterfaceVersion34)
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
		got := p.Fields()[pdufield.ShortMessage].Bytes()
		if tt.coding == "8" {
			got = pdutext.UCS2(got).Decode()
		}
		if string(got) != tt.text {
			t.Errorf("form %d: got text %q, want %q", tt.form, got, tt.text)
		}
		for name, want := range map[pdufield.Name]string{
			pdufield.SourceAddr: "8613800138000", pdufield.DestinationAddr: "10690001",
			pdufield.ESMClass: tt.esmClass, pdufield.SourceAddrTON: "1", pdufield.DestAddrTON: "0",
			pdufield.DataCoding: tt.coding,
		} {
			if got := p.Fields()[name].String(); got != want {
				t.Errorf("form %d: %s: got %q, want %q", tt.form, name, got, want)
			}
		}
		wantTLVs(t, p, tt.tlvs)
	}
}

// wantTLVs looks whether a PDU has these TLVs and no others.
func wantTLVs(t *testing.T, p pdu.Body, want []map[smpp.Tag]string) {
	t.Helper()
	n := 0
	for _, tlvs := range want {
		for tag, value := range tlvs {
			n++
			if got := p.TLVFields()[tag]; got == nil || strings.TrimSuffix(string(got.Bytes()), "\x00") != value {
				t.Errorf("TLV %s: got %v, want %q", tag.Hex(), got, value)
			}
		}
	}
	if len(p.TLVFields()) != n {
		t.Errorf("got %d TLVs, want %d", len(p.TLVFields()), n)
	}
}

func TestReceiptOfUnread(t *testing.T) {
	fb := feedback()
	fb.Status = message.StatusDeletedUnread
	c, err := receiptContent(fb, nil)
	if want := " stat:DELIVRD err:000 text:DELETED"; err != nil || !strings.HasSuffix(string(c.text), want) {
		t.Errorf("got %q, %v, want %q at the end", c.text, err, want)
	}
	for _, id := range []string{"", strings.Repeat("9", 200)} {
		fb.MessageIDs = []string{id}
		if f, err := DeliverSM(fb, &Options{Form: Receipt}, 0x34); err == nil {
			t.Errorf("message_id %q: got % x, want an error", id, f)
		}
	}
}

func TestEncodeText(t *testing.T) {
	long := strings.Repeat("x", 200)
	tests := []struct {
		name, in string
		coding   byte
		want     string
	}{
		{"plain", "Read 17: yes? (a/b)\n", 0x00, "Read 17: yes? (a/b)\n"},
		{"dollar", "$5", 0x01, "$5"},
		{"at and underscore", "a_b@c", 0x01, "a_b@c"},
		{"braces", "{}", 0x01, "{}"},
		{"tab", "a\tb", 0x08, "\x00a\x00\t\x00b"},
		{"umlaut", "ä", 0x08, "\x00\xE4"},
		{"beyond the first plane", "😀", 0x08, "\xD8\x3D\xDE\x00"},
		{"160 septets", long, 0x00, long[:160]},
		{"escaped ones are two", strings.Repeat("{", 100), 0x01, strings.Repeat("{", 80)},
		{"70 units", "é" + long, 0x08, "\x00\xE9" + strings.Repeat("\x00x", 69)},
		{"no half a character", "é" + long[:68] + "😀", 0x08, "\x00\xE9" + strings.Repeat("\x00x", 68)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			coding, got := encodeText(tt.in)
			if coding != tt.coding || string(got) != tt.want {
				t.Errorf("got %02x %q, want %02x %q", coding, got, tt.coding, tt.want)
			}
		})
	}
}

func TestTemplateNames(t *testing.T) {
	tmpl := template.Must(ParseTemplate(
		"{{.Account}} {{.Sender}} {{.Receiver}} {{.Number}} {{.Status}} {{.State}} {{.ReadAt}} {{.MessageID}} {{.Reference}}"))
	c, err := moContent(feedback(), &Options{Template: tmpl})
	if want := "bank 10690001 8613800138000 17 1 read 2026-11-23T08:30:00Z 4A7F01 42"; err != nil || string(c.text) != want {
		t.Errorf("got %q, %v, want %q", c.text, err, want)
	}
}
