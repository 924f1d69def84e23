// Package deliver writes feedback as a deliver_sm, in the forms that an account may choose.
package deliver

import (
	"text/template"

	"github.com/fiorix/go-smpp/smpp/pdu/pdutlv"
)

// Form is the form in which an account's ESMEs get feedback. docs/wire.md shows the octets
// of each.
type Form uint8

// The forms of feedback.
const (
	SMEAck    Form = iota // esm_class 08: SMPP's "the user has read the message"
	Receipt               // esm_class 04, for stacks that know receipts only
	MO                    // esm_class 00, a text from a template
	UserAck               // esm_class 10, with user_response_code
	NoSession             // by no session: webhook, NATS, or not at all
)

// Options is what the operator decided on the feedback of one account.
type Options struct {
	Form     Form
	Template *template.Template // of form MO, which needs one
	// HoldReceipt says that form Receipt takes the place of the SMSC's own receipt, which the
	// relay keeps until then.
	HoldReceipt bool
	VendorTLVs  bool // number and read time as TLVs
	Tags        VendorTags
}

// VendorTags are the TLVs of our own: settings of the section feedback.
type VendorTags struct {
	Number pdutlv.Tag `key:"vendor_tag_number" default:"0x1520" hex:"4" range:"0x1400..0x3FFF" doc:"tag of the number"`
	Read   pdutlv.Tag `key:"vendor_tag_read" default:"0x1521" hex:"4" range:"0x1400..0x3FFF" doc:"tag of the read time"`
}
