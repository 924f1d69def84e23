// Package deliver writes feedback as a deliver_sm, in the forms that an account may choose.
package deliver

import (
	"encoding/binary"
	"text/template"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu/pdutlv"

	"readback/relay/message"
	"readback/smpp"
)

// Form is the form in which an account's ESMEs get feedback. docs/wire.md shows the octets
// of each.
type Form uint8

// The forms of feedback. Each is one row: its name in the settings, its esm_class (SMPP 3.4
// §5.2.12), and the function that writes what else differs.
var (
	SMEAck  = newForm("sme-ack", smpp.ESMClassDeliveryAck, ackContent) // "the user has read the message"
	Receipt = newForm("receipt", smpp.ESMClassReceipt, receiptContent) // for stacks that know receipts only
	MO      = newForm("mo", 0, moContent)                              // a text from a template
	UserAck = newForm("user-ack", smpp.ESMClassUserAck, ackContent)    // with user_response_code
)

// NoSession is for an account whose feedback takes another way than a session: webhook,
// NATS, or none.
const NoSession Form = 0xFF

// content is what the forms differ in, apart from esm_class.
type content struct {
	dataCoding byte
	text       []byte
	tlvs       []byte // for peers from version 3.4 on
}

// form is a row.
type form struct {
	name     string
	esmClass byte
	content  func(*message.Feedback, *Options) (content, error)
}

// forms are the rows, by Form.
var forms []form

func newForm(name string, esmClass byte, of func(*message.Feedback, *Options) (content, error)) Form {
	forms = append(forms, form{name, esmClass, of})
	return Form(len(forms) - 1)
}

// FormOf returns the form that has a name in the settings. It returns NoSession for a name that
// is not that of a deliver_sm.
func FormOf(name string) Form {
	for i, f := range forms {
		if f.name == name {
			return Form(i)
		}
	}
	return NoSession
}

// Names returns the names of all forms.
func Names() (names []string) {
	for _, f := range forms {
		names = append(names, f.name)
	}
	return names
}

// content returns the content of feedback in this form.
func (f Form) content(fb *message.Feedback, o *Options) (content, error) {
	c, err := forms[f].content(fb, o)
	if o.VendorTLVs {
		c.tlvs = smpp.AppendTLV(c.tlvs, o.Tags.Number, binary.BigEndian.AppendUint16(nil, fb.Number))
		c.tlvs = smpp.AppendTLV(c.tlvs, o.Tags.Read, []byte(fb.ReadAt.UTC().Format(time.RFC3339)))
	}
	return c, err
}

// Options is what the operator decided on the feedback of one account.
type Options struct {
	Form     Form
	Template *template.Template // of form MO, which needs one
	// HoldReceipt says that form Receipt takes the place of the SMSC's own receipt, which the
	// relay keeps until then.
	HoldReceipt bool
	AnySession  bool // feedback is not for the session that sent the message more than for others
	VendorTLVs  bool // number and read time as TLVs
	Tags        VendorTags
}

// VendorTags are the TLVs of our own: settings of the section feedback.
type VendorTags struct {
	Number pdutlv.Tag `key:"vendor_tag_number" default:"0x1520" hex:"4" range:"0x1400..0x3FFF" doc:"tag of the number"`
	Read   pdutlv.Tag `key:"vendor_tag_read" default:"0x1521" hex:"4" range:"0x1400..0x3FFF" doc:"tag of the read time"`
}
