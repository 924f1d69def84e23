package gateway

import (
	"context"
	"errors"
	"sync"
	"text/template"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutlv"

	"readback/relay"
	"readback/relay/message"
	"readback/smpp"
)

// FeedbackForm is the form in which an account's ESMEs are told; docs/wire.md shows
// the octets of each.
type FeedbackForm uint8

// The forms of feedback.
const (
	FormSMEAck    FeedbackForm = iota // esm_class 08: SMPP's "the user has read the message"
	FormReceipt                       // esm_class 04, for stacks that know receipts only
	FormMO                            // esm_class 00, a text from a template
	FormUserAck                       // esm_class 10, with user_response_code
	FormElsewhere                     // by no session: webhook, NATS, or not at all
)

// Telling is what the operator decided on the feedback of one account.
type Telling struct {
	Form     FeedbackForm
	Template *template.Template // of FormMO, which needs one
	// HoldReceipt says that FormReceipt takes the place of the SMSC's own receipt, which waits
	// with the Holder.
	HoldReceipt bool
	VendorTLVs  bool // number and read time as TLVs
	Tags        VendorTags
}

// VendorTags are the TLVs of our own: settings of the section feedback.
type VendorTags struct {
	Number pdutlv.Tag `key:"vendor_tag_number" default:"0x1520" hex:"4" range:"0x1400..0x3FFF" doc:"tag of the number"`
	Read   pdutlv.Tag `key:"vendor_tag_read" default:"0x1521" hex:"4" range:"0x1400..0x3FFF" doc:"tag of the read time"`
}

// deliver takes the account's feedback until ctx ends, or until policies, whose change
// closes changed, want it told elsewhere.
func (l *link) deliver(ctx context.Context, changed <-chan struct{}) {
	var delivery sync.WaitGroup
	defer delivery.Wait()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(relay.ErrNoMore)
	delivery.Go(func() {
		defer l.contain()
		if err := l.g.deliverer.Deliver(ctx, l.bind.account, l.tell); err != nil && ctx.Err() == nil {
			l.log.Load().Error("feedback stopped for this session", "error", err)
		}
	})
	for {
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
		changed = l.g.policies.next()
		if l.g.policies.of(l.bind.account).Feedback.Form == FormElsewhere {
			return
		}
	}
}

// tell delivers one feedback to the ESME and returns when it has answered: nil
// for ESME_ROK, a relay.Permanent error for a refusal that is meant for good.
func (l *link) tell(ctx context.Context, fb *message.Feedback) (err error) {
	defer l.containTell(&err)
	t := l.g.policies.of(l.bind.account).Feedback
	if t.Form == FormElsewhere {
		return errElsewhere
	}
	f, err := deliverSM(fb, &t, l.bind.version)
	if len(fb.Receipt) > 0 {
		f, err = fb.Receipt, nil // as it came
	}
	if err != nil {
		return message.Permanent(err)
	}
	err = l.esme.Call(ctx, f)
	var status pdu.Status
	if errors.As(err, &status) && !smpp.Temporary(status) {
		return message.Permanent(err)
	}
	return err
}

// errElsewhere is of a feedback that was on its way when the account's form changed.
var errElsewhere = errors.New("the account is not told by SMPP any more")
