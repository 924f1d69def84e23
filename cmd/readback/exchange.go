package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	gosmpp "github.com/fiorix/go-smpp/smpp"
	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutext"

	"readback/conversation"
	"readback/internal/simulator"
	"readback/smpp"
)

// demoMessage is a message of the demo.
type demoMessage struct {
	n    int // counts up from 0, and says of which kind it is
	to   string
	read bool // its receiver opens it at once
}

// kinds are the kinds of messages: the carriage of their number, and their text. The account says which carriage it
// has.
var kinds = []struct {
	account string
	text    func(n int) (shown string, coded pdutext.Codec)
}{
	{elementAccount, inEnglish}, {markerAccount, inEnglish}, {markerAccount, inChinese},
}

func inEnglish(n int) (string, pdutext.Codec) {
	text := fmt.Sprintf("Your table is booked (%d)", n+1)
	return text, pdutext.Raw(text)
}

func inChinese(n int) (string, pdutext.Codec) {
	text := fmt.Sprintf("您的餐位已订好（%d）", n+1)
	return text, pdutext.UCS2(text)
}

// esmeOf returns the session of an account.
func (w *world) esmeOf(account string) *esme {
	for _, e := range w.esmes {
		if e.account == account {
			return e
		}
	}
	return nil
}

// exchange sends a message, and lets its receiver open it if it is to be read. The error says
// what did not arrive.
func (w *world) exchange(ctx context.Context, dm demoMessage) error {
	ctx, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	kind := kinds[dm.n%len(kinds)]
	e, to := w.esmeOf(kind.account), dm.to
	handset := w.handsets.network().Handset(to)
	before := len(handset.Messages())
	text, coded := kind.text(dm.n)

	w.log.say("ESME", "submit_sm", "readback", "%s → %s %q as %s", demoSender, to, text, e.account)
	w.book.Submitted(conversation.Submit{Key: text, Sender: demoSender, Receiver: to, At: time.Now()})
	sent, err := e.client.Submit(&gosmpp.ShortMessage{
		Src: demoSender, Dst: to, Text: coded,
		SourceAddrNPI: 1, DestAddrTON: 1, DestAddrNPI: 1, Register: smpp.RegisteredReadAck,
	})
	if err != nil {
		return fmt.Errorf("no submit_sm_resp came to the ESME: %w", err)
	}
	id := sent.RespID()
	w.book.Answered(text, id)
	w.log.say("SMSC", "submit_sm_resp", "ESME", "message_id %s", id)

	m, err := handset.WaitMessage(ctx, before+1)
	if err != nil {
		return fmt.Errorf("no message came to handset %s: %w", to, err)
	}
	if !m.HasNumber || m.Carriage != e.carriage {
		return fmt.Errorf("the message came to handset %s without its number by %s: %+v", to, e.carriage, m)
	}
	w.log.say("SMSC", "SMS", "handset", "%s has %q: number %d by %s %s", to, m.Text, m.Number, m.Carriage, shownCarriage(m))
	if !dm.read {
		return w.list(ctx, to)
	}
	return w.readBack(ctx, e, handset, m, id)
}

// readBack opens the message and waits until its ESME has the feedback.
func (w *world) readBack(ctx context.Context, e *esme, h *simulator.Handset, m simulator.Message, id string) error {
	if err := h.Open(ctx, m); err != nil {
		return fmt.Errorf("the read response of handset %s was not accepted: %w", h.MSISDN(), err)
	}
	w.log.say("handset", "POST /v1/reads", "readback", "%s has read number %d of %s: 202", h.MSISDN(), m.Number, m.From)
	for {
		select {
		case p := <-e.feedbacks:
			told := strings.TrimRight(tlv(p, smpp.TagReceiptedMessageID), "\x00")
			w.log.say("readback", "deliver_sm", "ESME", "esm_class 08, message_id %s, %q", told, field(p, pdufield.ShortMessage))
			if told == id {
				return w.list(ctx, h.MSISDN())
			}
		case <-ctx.Done():
			return fmt.Errorf("no feedback on message_id %s came to the ESME: %w", id, context.Cause(ctx))
		}
	}
}

// shownCarriage shows the octets of the element, or the marker.
func shownCarriage(m simulator.Message) string {
	if m.Carriage == simulator.ByElement {
		return fmt.Sprintf("[% x]", m.Element)
	}
	return "at the end of the text"
}

// tlv is the value of an optional parameter of a deliver_sm.
func tlv(p pdu.Body, tag smpp.Tag) string {
	if f := p.TLVFields()[tag]; f != nil {
		return string(f.Bytes())
	}
	return ""
}
